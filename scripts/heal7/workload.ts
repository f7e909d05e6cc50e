import type { Workload } from '../load/workload.ts'
import { dreamOperations } from './operations/dream.ts'
import { memberOperations } from './operations/member.ts'
import { paymentOperations } from './operations/payment.ts'
import { sajuOperations } from './operations/saju.ts'
import { backOfficeOperations } from './operations/back-office.ts'

/**
 * What HEAL7's applications do all day. Every statement is one that an auto-updatable view supports, since
 * that is what the old names become. Each transaction locks at most one row that others want, so clients
 * never deadlock among themselves.
 */
export default function heal7Workload(): Workload {
  return {
    operations: [
      ...memberOperations,
      ...sajuOperations,
      ...dreamOperations,
      ...paymentOperations,
      ...backOfficeOperations,
    ],
  }
}
