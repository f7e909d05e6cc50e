import { readRoutineDependents } from '../catalog/dependents.ts'
import { ident, qualified, role } from '../pg/quoting.ts'
import { newName, oldName } from '../steps/names.ts'
import { spelled } from '../steps/routines.ts'
import { hasWrapper } from '../steps/wrapper.ts'
import type { RoutineFacts } from '../survey/facts.ts'
import type { ObjectMapping } from '../survey/objects.ts'
import { isNotSettled } from './relations.ts'
import { always, type Rule } from './rule.ts'

/** Rules about functions, procedures and types that move with the tables. */
export const objectRules: readonly Rule[] = [
  {
    id: 'object-missing',
    code: 'PF-23',
    severity: 'error',
    waivable: false,
    phases: always,
    check: ({ facts, routines, types }) => [
      ...facts.missingObjects.map((object) => ({
        on: called(object),
        text: `the ${object.class} was dropped or replaced since the run began`,
        remedy: 'roll the run back and begin again',
      })),
      ...[
        ...routines
          .filter(({ location }) => location.stand === 'missing')
          .map((routine) => ({ object: routine, where: routine.location.where })),
        ...types
          .filter(({ location, source, target }) => ![source, target].includes(location.schema))
          .map((type) => ({
            object: type,
            where: qualified({ schema: type.location.schema, name: type.name }),
          })),
      ].map(({ object, where }) => ({
        on: called(object),
        text: `the ${object.class} is now ${where}, neither under its old nor under its new name`,
        remedy: 'move it back, then run the same command again',
      })),
    ],
  },
  {
    id: 'function-unsupported',
    code: 'PF-28',
    severity: 'error',
    waivable: false,
    phases: ['expand'],
    check: ({ routines }) =>
      routines.flatMap((routine) => {
        const { obstacle, extension } = routine.location
        if (extension !== null)
          return [
            {
              on: called(routine),
              text: `it belongs to extension ${extension}, whose updates expect it where it is`,
              remedy: 'take it out of the plan',
            },
          ]
        return obstacle === null || !hasWrapper(routine)
          ? []
          : [
              {
                on: called(routine),
                text: `it cannot have two names: ${obstacle}`,
                remedy: `take it out of the plan, or let it move without an old name: compat: { ${routine.name}: none }`,
              },
            ]
      }),
  },
  {
    id: 'function-name-taken',
    code: 'PF-2',
    severity: 'error',
    waivable: false,
    phases: always,
    check: ({ routines }) =>
      routines
        .filter(({ location }) => location.stand === 'foreign')
        .map((routine) => ({
          on: called(routine),
          text: `a function of that name and with these arguments, which is not of this plan, is in schema ${ident(routine.target)} or ${ident(routine.source)}`,
          remedy: 'rename or drop the other one',
        })),
  },
  {
    id: 'function-callers',
    code: 'PF-13',
    severity: 'error',
    waivable: true,
    phases: ['expand', 'switch'],
    check: ({ routines, phase }) =>
      routines.flatMap((routine) => {
        const { calledByName, lockedOut } = routine.location
        // Roles get USAGE in expand; PUBLIC does not, since that would let everybody into the schema.
        const locked = lockedOut.filter((grantee) => grantee === null || phase === 'switch')
        if (!calledByName || !hasWrapper(routine) || locked.length === 0) return []
        return [
          {
            on: called(routine),
            text: `the wrapper under its old name calls it by name, so that ${locked.map(role).join(', ')}, who may execute it, must be let into schema ${ident(routine.target)}`,
            remedy: `revoke execute on routine ${called(routine)} from public and grant it to those who call it, or: grant usage on schema ${ident(routine.target)} to public`,
          },
        ]
      }),
  },
  {
    id: 'function-outdated',
    code: 'PF-18',
    severity: 'error',
    waivable: false,
    phases: ['switch'],
    check: ({ routines, plan }) =>
      routines
        .filter(
          (routine) =>
            (routine.location.stand === 'expanded' && routine.location.differences.some(isNotSettled)) ||
            (routine.location.stand === 'plain' && hasWrapper(routine)),
        )
        .map((routine) => ({
          on: called(routine),
          text:
            routine.location.stand === 'plain'
              ? 'its wrapper is not there: someone has dropped it since expand'
              : `it and its wrapper differ in ${routine.location.differences.filter(isNotSettled).join(', ')}: someone has changed one of them since expand`,
          remedy: `migrate execute --phase ${plan.phases[0]!.number} makes the wrapper its equal again`,
        })),
  },
  {
    id: 'function-name-ends',
    code: 'PF-25',
    severity: 'warning',
    waivable: true,
    phases: ['switch'],
    check: ({ routines }) =>
      routines
        .filter((routine) => !hasWrapper(routine))
        .map((routine) => ({
          on: called(routine),
          text: `its policy is ${routine.compat}: calls that name it with the old schema fail from the switch on`,
        })),
  },
  {
    id: 'function-dependent',
    code: 'PF-9',
    severity: 'error',
    waivable: false,
    phases: ['contract'],
    async check({ session, routines }) {
      const wrappers = new Map<number, RoutineFacts>()
      for (const routine of routines)
        if (routine.location.stand === 'switched') wrappers.set(routine.location.wrapper!, routine)
      return (await readRoutineDependents(session, [...wrappers.keys()])).map(
        ({ relation, description }) => ({
          on: called(wrappers.get(relation)!),
          text: `${description} depends on the old name, which is about to be dropped`,
          remedy: `let it use ${qualified(newName(wrappers.get(relation)!))}`,
        }),
      )
    },
  },
  {
    id: 'type-unsupported',
    code: 'PF-28',
    severity: 'error',
    waivable: false,
    phases: ['expand'],
    check: ({ types }) =>
      types
        .filter(({ location }) => location.obstacle !== null)
        .map((type) => ({
          on: called(type),
          text: `it cannot be moved: ${type.location.obstacle}`,
          remedy: 'take it out of the plan',
        })),
  },
  {
    id: 'type-name-taken',
    code: 'PF-2',
    severity: 'error',
    waivable: false,
    phases: always,
    check: ({ types }) =>
      types
        .filter(({ location, source }) => location.isTaken && location.schema === source)
        .map((type) => ({
          on: called(type),
          text: `its name, or that of its array type, is taken in schema ${ident(type.target)}`,
          remedy: 'rename or drop the other type',
        })),
  },
  {
    id: 'type-name-ends',
    code: 'PF-25',
    severity: 'warning',
    waivable: true,
    phases: ['contract'],
    check: ({ types }) =>
      types
        .filter(({ location, source }) => location.schema === source)
        .map((type) => ({
          on: called(type),
          text: `casts, declarations and drivers that name it with the old schema fail from contract on; until then ${qualified(newName(type))} does not exist`,
        })),
  },
]

function called(object: ObjectMapping): string {
  return object.class === 'function'
    ? `${ident(object.source)}.${spelled(object)}`
    : qualified(oldName(object))
}
