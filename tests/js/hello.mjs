// Calls the documentation's first function with the official client:  node hello.mjs HOST PORT
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { client, run } from "./support.mjs";

await run({
  async "the first function greets"() {
    const name = `hello-${randomUUID().slice(0, 8)}`;
    const session = await client.authenticateDevice(`device-${name}`, true, name);
    const { payload } = await client.rpc(session, "hello", {});
    assert.deepEqual(payload, { message: `Hello, ${name}!` });
  },
});
