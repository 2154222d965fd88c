import { expect, test } from 'vitest'
import { readMigrations } from '../../servers/kit/migrate.ts'

// A line is added with its file and never changes: stores exist that the file was applied to. What a
// file should have said otherwise is said by the next one.
const digests = {
  '001-core.sql': '972d4630cff0f2c0c97815967d6825bbed7d7ee47b494f25e12eec7aafbe4a01',
  '002-orchestration.sql': '4171cf18fd9fb52250490c8e7f40779aada401edd624e2ebdef85dbfc7825883',
  '003-cluster.sql': '66e5e13cf6b4ef8ac43be19f2c25486925e4a263ec8f4e0c715e8689e976e3d1',
  '004-radicle.sql': '6b03911d0d7a2b19ed3f915776e5849d0eb5dda64a1db25c84ad49135aaa3fed',
  '005-models.sql': 'a36a5eb2e889f2dd985911205a2d408dd647e70d346797f3f97e83af954f8f93',
  '006-upstreams.sql': '59c3ce59cd86f737984efa16a9d63cb50340b9c2399701848c675192e50acae1',
  '007-context.sql': 'e5a0caf7604caf37d8dabbc78cf0eefa2afdb22a30b991051cdbb1c7012425c3',
  '008-log-sync.sql': '83b9a7788e4e6ec391b57688f220a0f3c315d357d501d47d0c3aef6cd78282c2',
  '009-sign-ins.sql': '87517ad40cfceaa7233577c5c8f92966eba839b7dde9f3b08873edb0baba01d8',
  '010-peers.sql': '3bc5f11b3abbdbc8fb61d0c2acd6ad329df803320d207e064cecf8ebfdb8cc4d',
  '011-approvals.sql': '9e5d8de6478e4f0f24dbd42f7e3ae9225a1c4c0b10249575d1b3e2dd09c441fc',
  '012-clusters.sql': '9db688f76e8d32576d8a025917da1d37f8bd1a34979ab22dbc615caa5e9586cf',
  '013-change-handles.sql': '884a167dad40b250aa637af1c403ee628c07021aa359bf0dbbaa8e24dc8b604c',
  '014-retention.sql': 'decec76743cf6b452a29e20d0c0daa61404e71b1cbd9f24868c48a131fd5332e',
  '015-held-calls.sql': '2b2cad9b8b894b5bc47f089d2ed79d19439244f77bd8da57e9cfcaf8dabf5870',
  '016-open-calls.sql': '3a88bff3fe877055bf7dc525dbc74bbe19d6fcf4d90e0280370cd5cfbe79e8d1',
  '017-task-context.sql': 'a5b51005d929e93d35bba6bbb87c846ce61cf124a6fe55c4583f5a0e637c7390',
  '022-approvals.sql': '53b9223904ebb35ae75c7b7939246c0ac9ff4c37cb3dc9914c4ad0751bd2d14e',
  '023-approval-grants.sql': 'c5c292cdc4a26923d7c5f3a128f782caddca59ee3594a5d8e36a033a0b749654',
  '024-review-loop.sql': '0cd5d69b36156d53a3477276db679bd4ae740548f4c8748a0fe5be0c3d769503',
  '025-merge-checks.sql': 'ef503ea64a8d31bd75295aa64c742f764f3997ea47304b2b04189bcd9bac38dc',
  '018-plans.sql': '39d7614d8a3dbc960f057de7fe83715363af508150841ca506c04246edc3541c',
  '028-message-interrupts.sql': '48c2026c9cde89cb85f1f93b1ee2ca4c0c8f2252355e05c7b3445c7e86b245ac',
  '020-queue-order.sql': 'b79bfef4c7bc31b822c47653c1956ec92a2c62176d6aff24beed0274bc78f1f4',
  '021-remote-tasks.sql': '57bd325724e74ed6f55e2a7dd32f2b8bceaa1d9be4043c3ebc65d49d2e77bf2b',
  '027-trusted-templates.sql': '7cc162807a01d9947ae48f8e7c6e304d27451b2c2ff0581dcdf2e4d5fd024511',
  '029-budgets.sql': '578a2cd32d8448cc1ac0c1f276962f6f72d2b237763d6242328d1faad1d10944',
  '030-triggers.sql': '383f55ad257b528c50b55eeadf27ef3df22ec8dd83e690a670cafd54d72e8679',
  '032-chat.sql': '1558962aaa4ef5f3c8a781201eca84440ba7e4789ca8c085707590f4c32f6b45',
  '035-deferred-events.sql': '1629e8996303b6ecf4dff95a8262c65ae8a98d8ffb1f7e8df16c86d901ea1982',
  '026-incoming.sql': 'ee17c27f77f1750cf2fc3c21bb1a5d664991a6389f95c420156bb9d425e9eff0',
  '037-added-clusters.sql': '2be31f9a33d9b0888f84551d496c90d1155954021ca769b4dbffd509e1341e42',
  '043-cluster-credentials.sql': '5ca08ee22fd9a1564c3077ad914e5f9b6ae92556e5b50120ab120ac5f22154e0',
  '044-change-drafts.sql': '9c09b539af418ab6e033063a26d47111f62d5c473138a897b78108a6a32cdd22',
  '045-imported-changes.sql': 'c3a85172bd29873e18f9fb478230a9057d4fa38c47a16e48a80166d9989a1af4',
  '046-dashboard.sql': '56b81b6e6084108eb563dc6d75297f2d78b3a7fc984f7c0ac5aef49cc3044ac4',
  '047-exposures.sql': '22aea2233ce091389bb191fad9f47904a854f09d406fad35ca524419db55e3e3',
  '040-capacity-history.sql': '7594cf30e6909ec7d93d001bb44e86564319307cf729caccaa54ed905f0f1e4f',
  '042-urgent-tasks.sql': '13fa97a01c7902a137bce7b453a2a173142040b1b1b54893ac903d1a8edb0594',
  '048-node-gpus.sql': 'ccc246d9ba04cfa3987f869b51c2a16d56a255d4e086a9769764eab3cbd2d2bb',
  '041-evictions.sql': '3c3574444bec5718ac9cf2e2518402a4fdb890b7a00fc1e5cec9ffbcdb39f191',
  '049-pod-limits.sql': 'e8100e7ce91bc3071219d0df1ef6ee5c0c0adf3931d0a2a83693aef5037dc00e',
  '050-reservations.sql': '378bf3d68c1c5297432c055094d233a91059fb5a16051cdab789ac47b7950d92',
  '053-remark-keys.sql': '4c0346b4e99a1710c285b7c5ee31623d069f95f4a76b5413ee54f9d6f0e72c10',
  '054-approval-outcomes.sql': 'b9638d1ed881f79016d8a5beb805be75846f21bcd7d61d94c6fd4b3e1b08d1d8',
  '055-peer-machines.sql': 'e7a48491d74677b49454cbf66342495a05f99091dc12f9cc1b9ef4394bb45518',
  '056-tokens-of-people.sql': '94491816635a86d9154826dbcb60a82b66c3768317fe2f6e6b973ce33febc041',
}

test('a migration that was committed is never changed', () => {
  const found = readMigrations().map(({ name, digest }) => [name, digest])
  expect(Object.fromEntries(found)).toEqual(digests)
})

test('migrations have numbers of their own', () => {
  const numbers = readMigrations().map(({ number }) => number)
  expect(new Set(numbers).size).toBe(numbers.length)
})
