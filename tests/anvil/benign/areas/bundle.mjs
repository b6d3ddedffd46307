// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// Account abstraction (EIP-4337): bundles of several users' operations, accounts made by their first one, a paymaster.
import { concat, getBytes, hashMessage, solidityPacked } from "ethers";
import { Contract, ETHER, encode } from "../chain.mjs";
import { released } from "../parts.mjs";
import { FAR } from "../world.mjs";

const PACKAGE = "@account-abstraction/contracts/artifacts";
const OWNERS = 80;
const PAYMASTER_GAS = 100_000n;

export async function setup(world) {
  const { deployer } = world;
  const entry = world.create(released(`${PACKAGE}/EntryPoint.json`));
  const factory = world.create(released(`${PACKAGE}/SimpleAccountFactory.json`), entry.address);
  const signer = world.wallet("paymaster signer");
  const paymaster = world.create(released(`${PACKAGE}/VerifyingPaymaster.json`), entry.address, signer.address);
  world.setup(deployer, { ...entry.call("depositTo", paymaster.address), value: 50n * ETHER });
  const bundlers = [0, 1, 2].map((n) => world.actor(`bundler ${n}`).address);
  await world.fundAll(bundlers, 100);
  await world.flush();
  const { abi } = released(`${PACKAGE}/SimpleAccount.json`);
  const accounts = await Promise.all(Array.from({ length: OWNERS }, async (_, n) => {
    const owner = world.wallet(`account owner ${n}`);
    const address = await factory.view("getAddress(address,uint256)", owner.address, 0n);
    return { owner, address, contract: new Contract(world.chain, address, abi), made: false };
  }));
  await world.fundAll(accounts, () => Math.max(2, world.random.logNormal(4, 0.5)));
  for (const { address } of accounts) {
    for (const key of ["USDS", "DAY"]) world.setup(deployer, world.tokens[key].call("transfer", address, world.units(world.tokens[key], world.random.logNormal(5000, 1))));
  }
  for (const [name, each] of Object.entries({ "entry point": entry, "account factory": factory, paymaster })) world.label(each, name, "service");
  world.bundle = { entry, factory, paymaster, signer, bundlers, accounts };
  await world.flush();
}
const two = (high, low) => solidityPacked(["uint128", "uint128"], [high, low]);

async function operation(world, account) {
  const { entry, factory, paymaster, signer } = world.bundle;
  const { random, tokens, dex } = world;
  const token = tokens[random.pick(["USDS", "DAY"])];
  const held = await token.view("balanceOf", account.address);
  const amount = held / BigInt(random.int(5, 50)) + 1n;
  const act = random.next();
  const { data } = act < 0.3 ? account.contract.call("execute", world.person().address, ETHER / BigInt(random.int(50, 1000)), "0x")
    : act < 0.6 || held < 1000n ? account.contract.call("execute", token.address, 0n, token.data("transfer", world.person().address, held < 1000n ? 0n : amount))
      : account.contract.call("executeBatch", [token.address, dex.router.address], [], [token.data("approve", dex.router.address, amount),
        dex.router.data("swapExactTokensForTokens", amount, 0n, [token.address, tokens.WETH.address], account.address, FAR)]);
  const made = { sender: account.address, nonce: await entry.view("getNonce", account.address, 0n),
    initCode: account.made ? "0x" : concat([factory.address, factory.data("createAccount", account.owner.address, 0n)]), callData: data,
    accountGasLimits: two(account.made ? 100_000n : 500_000n, 400_000n), preVerificationGas: 50_000n, gasFees: two(10n ** 8n, 2n * 10n ** 10n),
    paymasterAndData: "0x", signature: "0x" };
  account.made = true;
  const sponsored = random.chance(0.4);
  if (sponsored) {
    const times = encode(["uint48", "uint48"], [world.time + 30 * 86_400, 0]);
    const head = concat([paymaster.address, two(PAYMASTER_GAS, PAYMASTER_GAS), times]);
    const hash = await paymaster.view("getHash", { ...made, paymasterAndData: head }, world.time + 30 * 86_400, 0);
    made.paymasterAndData = concat([head, world.signature(signer, hashMessage(getBytes(hash))).serialized]);
  }
  made.signature = world.signature(account.owner, hashMessage(getBytes(await entry.view("getUserOpHash", made)))).serialized;
  return made;
}
async function bundle(world) {
  const { entry, bundlers, accounts } = world.bundle;
  const chosen = world.random.sample(accounts, world.random.int(1, 8)).filter((each) => world.claim(`account:${each.address}`));
  if (!chosen.length) return null;
  const operations = [];
  for (const each of chosen) operations.push(await operation(world, each));
  const from = world.random.pick(bundlers);
  return [{ from, ...entry.call("handleOps", operations, from), gas: 8_000_000 }];
}
export const classes = { bundle: { complex: true, make: bundle } };
