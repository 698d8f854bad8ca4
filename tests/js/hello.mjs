// Calls the documentation's first function with the official client:  node hello.mjs HOST PORT
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { Client } from "@heroiclabs/nakama-js";

const [host, port] = process.argv.slice(2);
const name = `hello-${randomUUID().slice(0, 8)}`;
const client = new Client("defaultkey", host, port, false, 7000, false);
const session = await client.authenticateDevice(`device-${name}`, true, name);
const { payload } = await client.rpc(session, "hello", {});
assert.deepEqual(payload, { message: `Hello, ${name}!` });
