/** Gives a component the name under which the code of a story shows it. */
export const named = <Component extends object>(displayName: string, component: Component): Component =>
  Object.assign(component, { displayName });
