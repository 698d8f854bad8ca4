// Calls the documentation's first function with the official client:  node hello.mjs HOST PORT
import assert from "node:assert/strict";
import { client, run, signIn } from "./support.mjs";

await run({
  async "the first function greets"() {
    const player = await signIn("hello");
    const { payload } = await client.rpc(player.session, "hello", {});
    assert.deepEqual(payload, { message: `Hello, ${player.username}!` });
  },
});
