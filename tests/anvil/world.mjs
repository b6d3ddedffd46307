// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// The released Safe contracts at their own addresses, a 2-of-3 Safe of each version, and a token.
import { createRequire } from "node:module";
import fs from "node:fs";
import solc from "solc";
import { AbiCoder, Interface, concat, getAddress, getCreate2Address, getCreateAddress, keccak256, toBeHex, zeroPadValue } from "ethers";

const require = createRequire(import.meta.url);
const abi = AbiCoder.defaultAbiCoder();
export const ZERO = "0x0000000000000000000000000000000000000000";
export const SENTINEL = "0x0000000000000000000000000000000000000001";
// What both deployers are made of: CREATE2 with the first word as salt (github.com/Arachnid/deterministic-deployment-proxy).
const DEPLOYER_CODE = "0x7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe0" +
  "3601600081602082378035828234f58015156039578182fd5b8082525050506014600cf3";
const DEPLOYERS = ["0x4e59b44847b379578588920cA78FbF26c0B4956C", "0x914d7Fec6aaC8cd542e72Bca78B30650d45643d7"];
export const GAS = toBeHex(12_000_000);

const POLL_MS = 25;
const MINED_MS = 60_000;

const artifact = (...path) => require(path.join("/"));
const load = {
  "1.1.1": (name) => artifact("safe-1.1.1/build/contracts", `${name}.json`),
  "1.3.0": (name, folder) => artifact("safe-1.3.0/build/artifacts/contracts", `${folder}${name}.sol`, `${name}.json`),
  "1.4.1": (name, folder) => artifact("@safe-global/safe-contracts/build/artifacts/contracts", `${folder}${name}.sol`, `${name}.json`),
};

export function compile() {
  const source = fs.readFileSync(new URL("contracts.sol", import.meta.url), "utf8");
  const input = { language: "Solidity", sources: { "contracts.sol": { content: source } },
    settings: { evmVersion: "paris", optimizer: { enabled: true, runs: 200 },
      outputSelection: { "*": { "*": ["abi", "evm.bytecode.object"] } } } };
  const output = JSON.parse(solc.compile(JSON.stringify(input)));
  const errors = (output.errors ?? []).filter((each) => each.severity === "error");
  if (errors.length) throw new Error(errors[0].formattedMessage);
  return Object.fromEntries(Object.entries(output.contracts["contracts.sol"])
    .map(([name, each]) => [name, { abi: each.abi, bytecode: `0x${each.evm.bytecode.object}` }]));
}

export class World {
  constructor(call, signers) {
    this.call = call;
    this.signers = signers; // ethers wallets: 0..2 own the Safes, 3 sends.
    this.sender = signers[3].address;
  }

  async send(to, data, value = "0x0") {
    const hash = await this.call("eth_sendTransaction", { from: this.sender, ...(to ? { to } : {}), data, value, gas: GAS });
    const receipt = await this.receipt(hash);
    if (receipt.status !== "0x1") throw new Error(`a txn of the setup failed: ${data.slice(0, 74)}`);
    return receipt;
  }
  /// The node mines at once, but beside us; or by the clock, where another started it.
  async receipt(hash) {
    for (let tries = 0; tries < MINED_MS / POLL_MS; ++tries) {
      const receipt = await this.call("eth_getTransactionReceipt", hash);
      if (receipt) return receipt;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    throw new Error(`${hash} was not mined in a minute`);
  }
  async create(bytecode) {
    return getAddress((await this.send(null, bytecode)).contractAddress);
  }
  async view(to, contract, name, ...args) {
    const data = await this.call("eth_call", { to, data: contract.encodeFunctionData(name, args) }, "latest");
    return contract.decodeFunctionResult(name, data);
  }

  /// Deploys as the Safe team did; the address must come out as the official one.
  async official(bytecode, expected) {
    for (const deployer of DEPLOYERS) {
      const salt = zeroPadValue("0x00", 32);
      if (getCreate2Address(deployer, salt, keccak256(bytecode)) !== expected) continue;
      await this.call("anvil_setCode", deployer, DEPLOYER_CODE);
      await this.send(deployer, concat([salt, bytecode]));
      return expected;
    }
    throw new Error(`the package's code does not give ${expected}`);
  }

  /// What the Safe team released, by version.
  async releases() {
    const { call } = this;
    // 1.1.1 was deployed by hand: its code is put where it stands on main net.
    const old = load["1.1.1"];
    const place = async (address, code) => (await call("anvil_setCode", address, code), address);
    const versions = {
      "1.1.1": {
        artifact: old("GnosisSafe"),
        singleton: await place("0x34CfAC646f301356fAa8B21e94227e3583Fe3F5F", old("GnosisSafe").deployedBytecode),
        multiSend: await place("0x8D29bE29923b68abfDD21e541b9374737B49cdAD", old("MultiSend").deployedBytecode),
        handler: await place("0xd5D82B6aDDc9027B22dCA772Aa68D5d74cdBdF44", old("DefaultCallbackHandler").deployedBytecode),
        proxy: null,
      },
    };
    const released = {
      "1.3.0": { singleton: ["GnosisSafe", "", "0xd9Db270c1B5E3Bd161E8c8503c55cEABeE709552"],
        multiSend: ["MultiSend", "libraries/", "0xA238CBeb142c10Ef7Ad8442C6D1f9E89e07e7761"],
        callOnly: ["MultiSendCallOnly", "libraries/", "0x40A2aCCbd92BCA938b02010E17A5b8929b49130D"],
        signMessage: ["SignMessageLib", "examples/libraries/", "0xA65387F16B013cf2Af4605Ad8aA5ec25a2cbA3a2", "SignMessage"],
        handler: ["CompatibilityFallbackHandler", "handler/", "0xf48f2B2d2a534e402487b3ee7C18c33Aec0Fe5e4"] },
      "1.4.1": { singleton: ["Safe", "", "0x41675C099F32341bf84BFc5382aF534df5C7461a"],
        multiSend: ["MultiSend", "libraries/", "0x38869bf66a61cF6bDB996A6aE40D5853Fd43B526"],
        callOnly: ["MultiSendCallOnly", "libraries/", "0x9641d764fc13c8B624c04430C7356C1C7C8102e2"],
        signMessage: ["SignMessageLib", "libraries/", "0xd53cd0aB83D845Ac265BE939c57F53AD838012c9"],
        handler: ["CompatibilityFallbackHandler", "handler/", "0xfd0732Dc9E303f09fCEf3a7388Ad10A83459Ec99"] },
    };
    for (const [version, parts] of Object.entries(released)) {
      const made = {};
      for (const [key, [name, folder, address, file]] of Object.entries(parts)) {
        const found = file ? artifact("safe-1.3.0/build/artifacts/contracts", `${folder}${file}.sol`, `${name}.json`)
          : load[version](name, folder);
        if (key === "singleton") made.artifact = found;
        // The package's build of this library is another one than the deployed: it is put at the address of that.
        made[key] = key === "signMessage" ? await place(address, found.deployedBytecode)
          : await this.official(found.bytecode, address);
      }
      made.proxy = version === "1.3.0" ? load[version]("GnosisSafeProxy", "proxies/") : load[version]("SafeProxy", "proxies/");
      versions[version] = made;
    }
    return versions;
  }

  async setup() {
    const { call } = this;
    const own = (this.own = compile());
    this.interfaces = Object.fromEntries(Object.entries(own).map(([name, each]) => [name, new Interface(each.abi)]));
    this.swap = await this.create(own.Swap.bytecode);
    this.guard = await this.create(own.Guard.bytecode);
    const versions = await this.releases();
    const proxy = versions["1.3.0"].proxy;
    const owners = this.signers.slice(0, 3).map((each) => each.address);
    this.safes = [];
    for (const [version, parts] of Object.entries(versions)) {
      const contract = new Interface(parts.artifact.abi);
      const code = concat([(parts.proxy ?? proxy).bytecode, abi.encode(["address"], [parts.singleton])]);
      const address = await this.create(code);
      await this.send(address, contract.encodeFunctionData("setup", [owners, 2, ZERO, "0x", parts.handler, ZERO, 0, ZERO]));
      await call("anvil_setBalance", address, toBeHex(10n ** 21n));
      this.safes.push({ version, address, contract, owners, ...parts });
    }
    const { artifact: newest, singleton } = versions["1.4.1"];
    this.shared = await this.create(concat([versions["1.4.1"].proxy.bytecode, abi.encode(["address"], [singleton])]));
    await this.send(this.shared, new Interface(newest.abi).encodeFunctionData("setup",
      [this.safes.map((each) => each.address), 2, ZERO, "0x", ZERO, ZERO, 0, ZERO]));
    const holders = [...this.safes.map((each) => each.address), ...owners];
    const code = concat([own.Token.bytecode, abi.encode(["address[]", "uint256"], [holders, 10n ** 24n])]);
    this.tokens = [await this.create(code), await this.create(code)];
    // A module, so that one can be disabled, set by the Safe itself.
    for (const safe of this.safes) {
      safe.module = getCreateAddress({ from: this.swap, nonce: 77 });
      await call("anvil_impersonateAccount", safe.address);
      await call("eth_sendTransaction", { from: safe.address, to: safe.address, gas: GAS,
        data: safe.contract.encodeFunctionData("enableModule", [safe.module]) });
      await call("anvil_stopImpersonatingAccount", safe.address);
      await call("anvil_setBalance", safe.address, toBeHex(10n ** 21n));
    }
  }
}
