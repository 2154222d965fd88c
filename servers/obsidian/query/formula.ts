import { unsupported } from './lexer.ts'
import type { Expression } from './parser.ts'
import { parseExpression } from './parser.ts'

const functions = new Set(
  'now today date duration number list max min link file image icon html escapeHTML if'.split(' '),
)

const methods = new Set(
  [
    'isTruthy isEmpty isType toString',
    'contains containsAll containsAny startsWith endsWith lower upper title trim reverse repeat replace split slice',
    'abs ceil floor round toFixed',
    'format time date relative',
    'filter map reduce flat join sort unique',
    'asFile linksTo hasTag hasLink hasProperty inFolder asLink',
    'matches keys values',
  ].flatMap((line) => line.split(' ')),
)

/**
 * Parses a formula and refuses functions that are not supported, wherever they stand in it: a branch
 * that no file reaches would otherwise hide that the answer is not what was asked for.
 */
export function parseFormula(source: string): Expression {
  const expression = parseExpression(source)
  check(expression)
  return expression
}

function check(expression: Expression): void {
  switch (expression.kind) {
    case 'literal':
    case 'regex':
    case 'name':
      return
    case 'member':
      return check(expression.object)
    case 'index':
      check(expression.object)
      return check(expression.index)
    case 'unary':
      return check(expression.operand)
    case 'binary':
      check(expression.left)
      return check(expression.right)
    case 'list':
      return expression.items.forEach(check)
    case 'object':
      return expression.entries.forEach(([, value]) => check(value))
    case 'call': {
      const { callee, source } = expression
      const isSupported =
        callee.kind === 'name'
          ? functions.has(callee.name)
          : callee.kind === 'member' && methods.has(callee.name)
      if (!isSupported)
        throw unsupported(
          callee.kind === 'name' || callee.kind === 'member'
            ? `the function ${callee.name}()`
            : 'such a call',
          callee.at,
          source,
        )
      if (callee.kind === 'member') check(callee.object)
      return expression.args.forEach(check)
    }
  }
}
