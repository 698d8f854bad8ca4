// Players and the game's own code reach each other, with the official client:  node game.mjs HOST PORT
// The server runs the functions of modules/clientrpc.py and modules/social.py.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { client, eventually, mark, recent, refusal, refused, run, signInAll } from "./support.mjs";
import { typed } from "./typings.mjs";

const [ada, ben] = await signInAll("ada", "ben");

const rpc = async (id, payload) => typed("RpcResponse", await client.rpc(ada.session, `clientrpc.${id}`, payload));
const notifications = async (player, ...args) =>
  typed("NotificationList", await client.listNotifications(player.session, ...args));
const matches = async (...args) => typed("ApiMatchList", await client.listMatches(ada.session, ...args));
const ids = ({ notifications }) => notifications.map(({ id }) => id);

await run({
  async "a function answers with what it got"() {
    const payload = { story: "Grüße", chapters: [1, 2.5, { title: null }], "": true };
    assert.deepEqual(await rpc("rpc", payload), { id: undefined, payload }); // answers over HTTP name no function
    assert.deepEqual((await rpc("rpc", {})).payload, {});
    assert.deepEqual((await rpc("RPC", [])).payload, []);
  },

  async "a function is called by a server"() {
    const answer = await client.rpcHttpKey("defaulthttpkey", "clientrpc.rpc_get");
    assert.deepEqual(answer, { id: undefined, payload: { message: "PONG" } });
    // The client asks with GET here, whose payload is empty by definition.
    const echo = await client.rpcHttpKey("defaulthttpkey", "clientrpc.rpc", { ping: [1] });
    assert.equal(echo.payload, undefined);
    await refusal(401, 16, "HTTP key invalid", client.rpcHttpKey("no such key", "clientrpc.rpc_get"));
  },

  async "a function fails"() {
    await refusal(500, 13, "Some error occured.", rpc("rpc_error", {}));
    await refusal(404, 5, "RPC function not found", rpc(`no-${mark}`, {}));
  },

  async "a notification of the game is listed once, by the cursor from before it"() {
    const nothing = await notifications(ben, 100);
    assert.deepEqual(nothing.notifications, []);
    assert.equal(typeof nothing.cacheable_cursor, "string");
    assert.equal((await rpc("send_notification", { user_id: ben.id })).payload, undefined);

    const { notifications: [{ id, create_time, ...rest }, ...others], cacheable_cursor } =
      await notifications(ben, 100, nothing.cacheable_cursor);
    assert.match(id, /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/);
    recent(create_time);
    assert.deepEqual(rest, {
      code: 1,
      subject: "You've unlocked level 100!",
      content: { reward_coins: 1000 },
      sender_id: ada.id,
      persistent: true,
    });
    assert.deepEqual(others, []);
    const after = await notifications(ben, 100, cacheable_cursor);
    assert.deepEqual(after, { notifications: [], cacheable_cursor });
  },

  async "notifications are listed in pages, whose end is an empty one"() {
    for (const _ of [1, 2]) await rpc("send_notification", { user_id: ben.id });
    const all = ids(await notifications(ben, 100));
    assert.equal(all.length, 3);
    let cursor;
    for (const expected of [...all.map((id) => [id]), []]) {
      const page = await notifications(ben, undefined, cursor);
      assert.deepEqual(ids(page), expected);
      cursor = page.cacheable_cursor;
    }
    assert.equal((await notifications(ben, 1, cursor)).cacheable_cursor, cursor);
    await refusal(400, 3, "Invalid limit - limit must be between 1 and 100.", notifications(ben, 101));
  },

  async "notifications are deleted, one's own"() {
    const [first, second, third] = ids(await notifications(ben, 100));
    const remove = (player, ...ids) => client.deleteNotifications(player.session, ids);
    assert.equal(await remove(ada, first), true);
    assert.deepEqual(ids(await notifications(ben, 100)), [first, second, third]);
    assert.equal(await remove(ben, first, third, randomUUID()), true);
    assert.equal(await remove(ben, first), true, "once more has no effect");
    assert.equal(await remove(ben), true);
    assert.deepEqual(ids(await notifications(ben, 100)), [second]);
    assert.equal(await remove(ben, second), true);
    assert.deepEqual((await notifications(ben, 100)).notifications, []);
  },

  async "an event reaches the game"() {
    const name = `jump-${mark}`;
    const event = { name, properties: { height: "3", place: "Köln" }, timestamp: "2024-02-03T04:05:06.25Z" };
    assert.equal(await client.emitEvent(ada.session, { ...event, external: false }), true);
    const object = { collection: "events", key: name, user_id: ada.id };
    const heard = await eventually("the event", async () => {
      const { objects } = await client.readStorageObjects(ada.session, { object_ids: [object] });
      return objects[0]?.value;
    });
    assert.deepEqual(heard, {
      name,
      properties: event.properties,
      timestamp: "2024-02-03T04:05:06.250000+00:00",
      external: true, // whatever the client says
      mode: "event",
      user_id: ada.id,
      username: ada.username,
      vars: {},
    });
    assert.equal(await client.emitEvent(ada.session, {}), true, "that its handler fails is not the client's concern");
    const wrong = { name, properties: { height: 3 } };
    await assert.rejects(client.emitEvent(ada.session, wrong), refused(400));
  },

  async "no match runs"() {
    assert.deepEqual(await matches(), {});
    assert.deepEqual(await matches(100, true, "label", 1, 2), {});
    assert.deepEqual(await matches(1, true, undefined, undefined, undefined, "+label.mode:duel label.level:>=3"), {});
    const refuses = (words, ...args) => refusal(400, 3, words, matches(...args));
    await refuses("Invalid limit - limit must be between 1 and 100.", 101);
    await refuses("Label filtering is not supported for non-authoritative matches.", 1, false, "label");
    await refuses("Minimum size must be 0 or above.", 1, undefined, undefined, -1);
    const order = "Maximum size must be greater than or equal to minimum size when both are specified.";
    await refuses(order, 1, undefined, undefined, 3, 2);
    await refuses("Error listing matches.", 1, true, undefined, undefined, undefined, 'label.mode:"duel');
  },
});
