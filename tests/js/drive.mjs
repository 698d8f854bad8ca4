// Drives a running server with the official client, as a game would:  node drive.mjs HOST PORT
import assert from "node:assert/strict";
import { client, mark, refused, run } from "./support.mjs";

let session;

await run({
  async "device sign-in makes an account, once"() {
    const device = `js-device-${mark}`;
    session = await client.authenticateDevice(device, true, `js-${mark}`, { platform: "node" });
    assert.equal(session.created, true);
    assert.equal(session.username, `js-${mark}`);
    assert.deepEqual(session.vars, { platform: "node" });
    assert.equal(session.isexpired(Date.now() / 1000), false);

    const again = await client.authenticateDevice(device, false);
    assert.equal(again.created, false);
    assert.equal(again.user_id, session.user_id);
    await assert.rejects(client.authenticateDevice(`js-unknown-${mark}`, false), refused(404));
  },

  async "the account is read and updated"() {
    await client.updateAccount(session, { display_name: "Jürgen", location: "Köln", timezone: "Europe/Berlin" });
    const account = await client.getAccount(session);
    assert.equal(account.user.id, session.user_id);
    assert.equal(account.user.display_name, "Jürgen");
    assert.equal(account.user.timezone, "Europe/Berlin");
    assert.deepEqual(account.devices.map((device) => device.id), [`js-device-${mark}`]);
    assert.equal(account.wallet, "{}");

    const { users } = await client.getUsers(session, [session.user_id]);
    assert.deepEqual(users.map((user) => user.username), [`js-${mark}`]);
  },

  async "storage objects are written, read, listed and deleted"() {
    const object = { collection: "saves", key: "slot1" };
    const own = { ...object, user_id: session.user_id };
    const value = { level: 7, name: "Ångström", nested: [1, { two: null }] };

    const { acks } = await client.writeStorageObjects(session, [{ ...object, value }]);
    const stale = { ...object, value, version: "0".repeat(32) };
    await assert.rejects(client.writeStorageObjects(session, [stale]), refused(400));

    const read = await client.readStorageObjects(session, { object_ids: [own] });
    assert.deepEqual(read.objects[0].value, value);
    assert.equal(read.objects[0].version, acks[0].version);

    const list = await client.listStorageObjects(session, "saves", session.user_id, 10);
    assert.deepEqual(list.objects.map((entry) => entry.key), ["slot1"]);

    await client.deleteStorageObjects(session, { object_ids: [object] });
    assert.deepEqual((await client.readStorageObjects(session, { object_ids: [own] })).objects, []);
  },

  async "a function of the game code is called"() {
    const answer = await client.rpc(session, "conf_echo", { ping: [1, 2, 3] });
    assert.deepEqual(answer.payload, { ping: [1, 2, 3] });
    const player = await client.rpc(session, "conf_context", {});
    assert.equal(player.payload.user_id, session.user_id);
    assert.deepEqual(player.payload.vars, { platform: "node" });
    // The client asks with GET here, whose payload is empty by definition; it has no session either.
    const server = await client.rpcHttpKey("defaulthttpkey", "conf_context");
    assert.deepEqual(server.payload, { has_expiry: false, payload: "", query_params: { payload: [""] } });
    await assert.rejects(client.rpc(session, "js_no_such_function", {}), refused(404));
  },

  async "the session is refreshed, and ended by logout"() {
    session = await client.sessionRefresh(session, { platform: "node", refreshed: "yes" });
    assert.deepEqual(session.vars, { platform: "node", refreshed: "yes" });
    assert.equal((await client.getAccount(session)).user.username, `js-${mark}`);

    assert.equal(await client.sessionLogout(session, session.token, session.refresh_token), true);
    await assert.rejects(client.getAccount(session), refused(401));
    await assert.rejects(client.sessionRefresh(session), refused(401));
  },

  async "e-mail sign-in checks the password"() {
    const email = `js-${mark}@example.com`;
    const created = await client.authenticateEmail(email, "correct horse", true, `mail-${mark}`);
    assert.equal(created.created, true);
    const again = await client.authenticateEmail(email, "correct horse", false);
    assert.equal(again.user_id, created.user_id);
    await assert.rejects(client.authenticateEmail(email, "wrong horse", false), refused(401));
    assert.equal((await client.getAccount(again)).email, email);
  },
});
