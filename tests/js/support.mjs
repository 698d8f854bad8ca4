// What the scripts share: a client of the server that the command line names, players, and steps that say what they
// proved.
import { Client } from "@heroiclabs/nakama-js";
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

const [host, port] = process.argv.slice(2);

export const client = new Client("defaultkey", host, port, false, 7000, false);

// Part of every name that a script gives, so that others on the same server have other names.
export const mark = randomUUID().slice(0, 8);

// A new player: session, id and username.
export async function signIn(name) {
  const session = await client.authenticateDevice(`js-device-${name}-${mark}`, true, `${name}-${mark}`);
  return { session, id: session.user_id, username: session.username };
}

// New players in the order of their names, one after the other.
export async function signInAll(...names) {
  const players = [];
  for (const name of names) players.push(await signIn(name));
  return players;
}

// For assert.rejects: the server's answer had this status.
export const refused = (status) => (answer) => answer instanceof Response && answer.status === status;

// The server refused the call with this status, and its body has this code and message.
export async function refusal(status, code, message, call) {
  const answer = await call.then(() => assert.fail(`not refused: ${message}`), (error) => error);
  if (!(answer instanceof Response)) throw answer;
  const body = await answer.json();
  assert.deepEqual([answer.status, body.code, body.message], [status, code, message]);
}

// A time as the server writes it, of the last minute.
export function recent(time) {
  assert.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
  assert(Math.abs(Date.now() - Date.parse(time)) < 60_000, `${time} is not now`);
}

// The first result of a function that is not undefined, within ten seconds.
export async function eventually(what, find) {
  for (const end = Date.now() + 10_000; Date.now() < end; await sleep(20)) {
    const found = await find();
    if (found !== undefined) return found;
  }
  assert.fail(`${what} did not come`);
}

// Runs the steps in their order; the first one that fails ends the script with its error.
export async function run(steps) {
  for (const [name, step] of Object.entries(steps)) {
    try {
      await step();
    } catch (error) {
      const answer = error instanceof Response ? `${error.status} ${await error.text()}` : error;
      console.error(`FAILED ${name}:`, answer);
      process.exit(1);
    }
    console.log(`ok ${name}`);
  }
  process.exit(0); // the client's timers would go on for seconds
}
