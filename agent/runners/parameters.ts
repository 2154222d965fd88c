type Value = string | number | boolean

/** Parameters as environment variables, `PARAM_` and the name as it is. */
export const parameterEnv = (values: Record<string, Value>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(values).map(([name, value]) => [`PARAM_${name}`, String(value)]),
  )

/** Arguments with `{name}` replaced by that parameter; each stays one argument, whatever is in it. */
export const fillArguments = (args: string[], values: Record<string, Value>): string[] =>
  args.map((argument) =>
    argument.replace(/\{(\w+)\}/g, (mark, name: string) =>
      Object.hasOwn(values, name) ? String(values[name]) : mark,
    ),
  )
