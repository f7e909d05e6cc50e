import { expect, test } from '@jest/globals'
import { MigrateError } from '../../../src/errors/migrate-error.ts'
import { withoutSecrets } from '../../../src/errors/secrets.ts'

test.each([
  ['postgres://ann:s3cr3t@db/shop is wrong', 'postgres://ann:…@db/shop is wrong'],
  ['postgres:/ann:s3c@r3t@db', 'postgres:/ann:…@db'],
  ['https://ann:s3cr3t@h/x?token=1', 'https://ann:…@h/x?token=1'],
  ['host=db password=s3cr3t user=ann', 'host=db password=… user=ann'],
  [`host=db password = 's3 c\\'r3t' user=ann`, 'host=db password = … user=ann'],
  ['?sslpassword=s3cr3t&x=1', '?sslpassword=…&x=1'],
  [`alter role ann password 's3''cr3t' valid until 'x'`, `alter role ann password '…' valid until 'x'`],
  [`create user ann encrypted PASSWORD $$s3cr3t$$`, `create user ann encrypted PASSWORD '…'`],
  [
    `create subscription s connection 'host=db password=''s3 cr3t'' user=ann'`,
    `create subscription s connection 'host=db password=… user=ann'`,
  ],
  [
    `create user mapping for ann server s options (user 'a', password 's3cr3t')`,
    `create user mapping for ann server s options (user 'a', password '…')`,
  ],
  [`alter role ann password 's3cr3t and cut`, `alter role ann password '…'`],
])('%s', (text, shown) => {
  expect(withoutSecrets(text)).toBe(shown)
  const error = new MigrateError('internal', text, { detail: [text] })
  expect(JSON.stringify(error)).not.toMatch(/s3/)
  expect(error.stack).not.toMatch(/s3/)
})

test.each([
  'export SHOP_URL=postgresql://user@host/database',
  'SHADOW_URL=postgres://… migrate rewrite --verify SHADOW_URL',
  'select password, hint from users where password is null',
  'http://localhost:8003/health',
])('%s stays', (text) => {
  expect(withoutSecrets(text)).toBe(text)
})
