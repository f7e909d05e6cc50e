import js from '@eslint/js'
import jest from 'eslint-plugin-jest'
import tseslint from 'typescript-eslint'

/**
 * The order of the folders of src/: each may import from those before it and never from those after it, so that
 * no circle can arise between folders.
 */
const order = [
  'errors',
  'events',
  'sql',
  'pg',
  'rewrite',
  'computed',
  'hosts',
  'sources',
  'plan',
  'resolver',
  'catalog',
  'content',
  'standby',
  'subscriber',
  'pooler',
  'survey',
  'statements',
  'canary',
  'steps',
  'movers',
  'preflight',
  'journal',
  'probes',
  'backup',
  'restore',
  'usage',
  'engine',
  'cli',
]

const directions = order.map((folder, index) => ({
  files: [`src/${folder}/**/*.ts`],
  rules: {
    'no-restricted-imports': [
      'error',
      {
        ...(index === order.length - 1
          ? {}
          : {
              patterns: [
                {
                  group: order.slice(index + 1).map((later) => `**/${later}/*`),
                  message: `src/${folder} comes before that folder; imports go one way`,
                },
              ],
            }),
        ...(folder === 'pg' || folder === 'resolver'
          ? {}
          : {
              paths: [
                {
                  name: 'pg',
                  allowImportNames: ['DatabaseError'],
                  message: 'only src/pg and src/resolver talk to the driver',
                },
              ],
            }),
      },
    ],
    // The rule above does not see import(), with which a command is loaded when it was chosen.
    'no-restricted-syntax': [
      'error',
      {
        selector: 'ImportExpression > :not(Literal).source',
        message: 'what is imported is written out, so that the direction of imports can be checked',
      },
      ...(index === order.length - 1
        ? []
        : [
            {
              // In a selector a slash is written as its code.
              selector: `ImportExpression > Literal.source[value=/\\u002F(${order.slice(index + 1).join('|')})\\u002F/]`,
              message: `src/${folder} comes before that folder; imports go one way`,
            },
          ]),
      ...(folder === 'pg' || folder === 'resolver'
        ? []
        : [
            {
              selector: 'ImportExpression > Literal.source[value="pg"]',
              message: 'only src/pg and src/resolver talk to the driver',
            },
          ]),
    ],
  },
}))

export default tseslint.config(
  {
    ignores: [
      'dist/',
      'node_modules/',
      'coverage/',
      '.postgres/',
      'backups/',
      '**/node_modules/',
      'tests/orm/generated/',
    ],
  },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
  },
  {
    files: ['**/*.ts'],
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true, allowNullish: true },
      ],
      '@typescript-eslint/no-confusing-void-expression': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      // Strings are spread into code points on purpose.
      '@typescript-eslint/no-misused-spread': 'off',
      // Members of plain objects are written as methods; none of them uses `this`.
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/await-thenable': 'off',
      'max-lines': ['error', { max: 250 }],
      'no-console': 'error',
    },
  },
  {
    files: ['src/**/*.ts'],
    rules: {
      'no-process-exit': 'off',
      'no-restricted-properties': [
        'error',
        {
          object: 'process',
          property: 'exit',
          message: 'only cli/main.ts sets an exit code, by process.exitCode',
        },
      ],
    },
  },
  ...directions,
  {
    files: ['src/cli/commands/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              regex: String.raw`^(?!commander$|\.\./lazily\.ts$|\./)`,
              message: 'every start of the command waits for this file; what it does is in ../work/',
            },
          ],
        },
      ],
    },
  },
  {
    files: ['scripts/**/*.ts', 'bench/**/*.ts', 'tests/support/**/*.ts'],
    rules: { 'no-console': 'off' },
  },
  {
    files: ['tests/**/*.ts'],
    plugins: { jest },
    rules: {
      'max-lines': ['error', { max: 450 }],
      'jest/no-focused-tests': 'error',
      'jest/no-identical-title': 'error',
      'jest/valid-expect': ['error', { alwaysAwait: false }],
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/use-unknown-in-catch-callback-variable': 'off',
    },
  },
  { files: ['**/*.js', '**/*.mjs'], languageOptions: { globals: { process: 'readonly', URL: 'readonly' } } },
)
