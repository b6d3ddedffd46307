// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// Days of an exchange and nothing else: README.md. For what is promised per wallet and month.
import { start, progress } from "./start.mjs";
import { ETHER } from "./chain.mjs";
import * as pay from "./areas/pay.mjs";
import { write } from "./write.mjs";

const [daysText, seed, out] = process.argv.slice(2);
const DAY_S = 86_400;
const HOUR_S = 3600;
const PAYOUTS = 1.7;   // An hour, on average over a day; half of them are batches.
const DEPOSITS = 2.5;
const SWEEP_EVERY = 6; // Hours.
const STOCK = 2e6;     // Dollars of each token in each hot wallet: between half and one and a half of it nothing is moved.
const RESERVE = 1e8;

const began = performance.now();
const { node, chain, random, world } = await start(seed, out, async (made) => {
  await pay.setup(made, STOCK);
  for (const token of made.pay.stocked) made.setup(made.deployer, token.call("transfer", made.pay.cold, made.units(token, RESERVE)));
  await made.fund(made.pay.cold, 100_000);
});
const first = world.time;
/// Busier by day than by night, and on weekdays than at weekends.
const rhythm = (time) => (1 + 0.6 * Math.sin((2 * Math.PI * ((time % DAY_S) / HOUR_S - 9)) / 24)) * ([0, 6].includes(Math.floor(time / DAY_S + 4) % 7) ? 0.7 : 1);
const plan = [];
for (let hour = 0; hour < Number(daysText) * 24; ++hour) {
  const from = first + hour * HOUR_S;
  const within = () => from + Math.floor(random.next() * HOUR_S);
  const arrivals = (mean, act) => { // Poisson (Knuth).
    const least = Math.exp(-mean * rhythm(from));
    for (let left = random.next(); left > least; left *= random.next()) plan.push({ time: within(), ...act });
  };
  arrivals(PAYOUTS, { class: "payout", make: pay.payout });
  arrivals(DEPOSITS, { class: "deposit", make: pay.deposit });
  if (hour % SWEEP_EVERY === 0) for (let n = 0; n < 6; ++n) plan.push({ time: within(), class: "sweep", make: pay.collect });
  if (hour % 24 === 6) plan.push({ time: within(), class: "tiers", make: tiers }, { time: within(), class: "tiers", make: tiers });
}
plan.sort((a, b) => a.time - b.time);

/// What a hot wallet has too much goes to the cold one, what it lacks comes from there.
async function tiers() {
  const { plain, hot, cold, stocked } = world.pay;
  for (const token of random.shuffle([...stocked])) {
    for (const wallet of [plain, hot.address]) {
      const held = world.usd(token, await token.view("balanceOf", wallet));
      if (held < STOCK / 2) return [{ from: cold, ...token.call("transfer", wallet, world.units(token, STOCK - held)), gas: 120_000 }];
      if (held > 1.5 * STOCK && wallet === plain) return [{ from: plain, ...token.call("transfer", cold, world.units(token, held - STOCK)), gas: 120_000 }];
    }
  }
  const ether = await chain.balance(plain);
  return ether < 3000n * ETHER ? [{ from: cold, to: plain, value: 5000n * ETHER, gas: 30_000 }] : null;
}

let walked = 0;
for (let at = 0; at < plan.length;) {
  world.newBlock();
  world.time = Math.max(world.time + 12, plan[at].time);
  for (; at < plan.length && plan[at].time <= world.time; ++at) {
    for (const txn of (await plan[at].make(world)) ?? []) chain.add({ class: plan[at].class, ...txn });
  }
  if (world.time > walked + 4 * HOUR_S) {
    world.walk();
    walked = world.time;
  }
  if (chain.queue.length) for (const txn of await chain.mine()) world.note(txn);
  progress(`${world.record.length} txns, ${at} of ${plan.length} events`);
}
await chain.close();
node.stop();
write(out, world, { seed, wanted: 0, complex: [], least: {}, seconds: ((performance.now() - began) / 1000).toFixed(0) });
