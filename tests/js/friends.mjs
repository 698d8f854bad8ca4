// Players become friends, and are no more, with the official client:  node friends.mjs HOST PORT
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { client, mark, recent, refusal, run, signInAll } from "./support.mjs";
import { typed } from "./typings.mjs";

const [ada, ben, cleo, dan] = await signInAll("ada", "ben", "cleo", "dan");
const FRIEND = 0, SENT = 1, RECEIVED = 2, BLOCKED = 3;
const INVITED = -2, ACCEPTED = -3, REMOVED = -9;

// The client's calls, each answer checked against its declared type.
const list = async (player, ...args) => typed("Friends", await client.listFriends(player.session, ...args));
const ofFriends = async (player, ...args) =>
  typed("FriendsOfFriends", await client.listFriendsOfFriends(player.session, ...args));
const notifications = async (player) =>
  typed("NotificationList", await client.listNotifications(player.session, 100)).notifications;

// Ids and states of those that a list of friends has.
const standing = ({ friends }) => friends.map(({ user, state }) => [user.id, state]);

// How many friends, invitations and blocks the players have.
async function edgeCounts(...players) {
  const { users } = typed("Users", await client.getUsers(ada.session, players.map(({ id }) => id)));
  return players.map(({ id }) => users.find((user) => user.id === id).edge_count);
}

await run({
  async "who is new has no friends"() {
    assert.deepEqual(await list(ada), { friends: [], cursor: undefined });
    assert.deepEqual(await ofFriends(ada), { friends_of_friends: [], cursor: undefined });
    assert.deepEqual(await edgeCounts(ada, ben), [0, 0]);
  },

  async "a friend is invited by id"() {
    assert.equal(await client.addFriends(ada.session, [ben.id]), true);
    assert.equal(await client.addFriends(ada.session, [ben.id]), true, "once more has no effect");
    assert.deepEqual(standing(await list(ada)), [[ben.id, SENT]]);
    const { friends: [{ user, state }], cursor } = await list(ben);
    assert.deepEqual([state, cursor], [RECEIVED, undefined]);
    recent(user.create_time);
    recent(user.update_time);
    const { create_time, update_time, ...rest } = Object.fromEntries(
      Object.entries(user).filter(([, value]) => value !== undefined),
    );
    // Lists of friends never tell how many friends these have.
    assert.deepEqual(rest, { id: ada.id, username: ada.username, lang_tag: "en", metadata: {}, edge_count: 0 });
    assert.deepEqual(await edgeCounts(ada, ben), [1, 1]);
  },

  async "and accepts by username"() {
    assert.equal(await client.addFriends(ben.session, [], [ada.username]), true);
    assert.deepEqual(standing(await list(ada)), [[ben.id, FRIEND]]);
    assert.deepEqual(standing(await list(ben)), [[ada.id, FRIEND]]);
    assert.deepEqual(await edgeCounts(ada, ben), [1, 1]);
  },

  async "both have been notified"() {
    const [toBen] = await notifications(ben);
    const [toAda] = await notifications(ada);
    for (const [{ id, create_time, ...rest }, from, code, words] of [
      [toBen, ada, INVITED, "wants to add you as a friend"],
      [toAda, ben, ACCEPTED, "accepted your friend request"],
    ]) {
      recent(create_time);
      const content = { username: from.username };
      const subject = `${from.username} ${words}`;
      assert.deepEqual(rest, { code, content, subject, sender_id: from.id, persistent: true });
    }
    assert.deepEqual([(await notifications(ben)).length, (await notifications(ada)).length], [1, 1]);
  },

  async "nobody and oneself are refused"() {
    const add = (ids, names) => client.addFriends(ada.session, ids, names);
    await refusal(400, 3, "Cannot add self as friend.", add([ada.id]));
    await refusal(400, 3, "Cannot add self as friend.", add([], [ada.username]));
    await refusal(400, 3, "Invalid user ID 'ben'.", add(["ben"]));
    await refusal(400, 3, "Username must not be empty.", add([], [""]));
    await refusal(400, 3, "No valid ID or username was provided.", add([], [`nobody-${mark}`]));
    assert.equal(await add([randomUUID()]), true, "an unknown id is no error");
    assert.equal(await add([], []), true);
    assert.deepEqual(await edgeCounts(ada), [1]);
  },

  async "friends are listed by state and in pages"() {
    await client.addFriends(ada.session, [cleo.id]);
    await client.addFriends(dan.session, [ada.id]);
    const all = [[ben.id, FRIEND], [cleo.id, SENT], [dan.id, RECEIVED]];
    assert.deepEqual(standing(await list(ada)), all);
    for (const [id, state] of all) {
      assert.deepEqual(standing(await list(ada, state)), [[id, state]]);
    }
    assert.deepEqual((await list(ada, BLOCKED)).friends, []);

    const first = await list(ada, undefined, 2);
    const second = await list(ada, undefined, 2, first.cursor);
    assert.deepEqual([...standing(first), ...standing(second)], all);
    assert.deepEqual([first.friends.length, second.cursor], [2, undefined]);

    await refusal(400, 3, "Invalid state - state must be between 0 and 3.", list(ada, 4));
    await refusal(400, 3, "Invalid limit - limit must be between 1 and 1000.", list(ada, undefined, 0));
    await refusal(400, 3, "Cursor is invalid.", list(ada, FRIEND, 2, first.cursor));
    await refusal(400, 3, "Cursor is invalid.", list(ada, undefined, 2, "no cursor"));
  },

  async "friends of friends are listed"() {
    await client.addFriends(ben.session, [cleo.id, dan.id]);
    await client.addFriends(cleo.session, [ben.id]);
    await client.addFriends(dan.session, [ben.id]);
    const known = [cleo, dan].sort((one, other) => (one.id < other.id ? -1 : 1));

    const { friends_of_friends: all, cursor } = await ofFriends(ada);
    assert.equal(cursor, undefined);
    assert.deepEqual(all.map(({ referrer, user }) => [referrer, user.id, user.username, user.edge_count]),
      known.map(({ id, username }) => [ben.id, id, username, 2]));
    const first = await ofFriends(ada, 1);
    const second = await ofFriends(ada, 1, first.cursor);
    assert.deepEqual([...first.friends_of_friends, ...second.friends_of_friends], all);
    assert.deepEqual([first.friends_of_friends.length, second.cursor], [1, undefined]);

    await client.addFriends(dan.session, [ada.id]);
    await client.addFriends(ada.session, [], [dan.username]);
    const { friends_of_friends: others } = await ofFriends(ada);
    // Ben is Dan's friend, too, but as Ada's own not worth a mention.
    assert.deepEqual(others.map(({ referrer, user }) => [referrer, user.id]), [[ben.id, cleo.id]]);
    await refusal(400, 3, "Invalid limit - limit must be between 1 and 100.", ofFriends(ada, 101));
    await refusal(400, 3, "Cursor is invalid.", ofFriends(ada, 1, "no cursor"));
  },

  async "a friend is blocked, and unblocked"() {
    assert.equal(await client.blockFriends(ada.session, [ben.id]), true);
    assert.deepEqual(standing(await list(ada)), [[dan.id, FRIEND], [cleo.id, SENT], [ben.id, BLOCKED]]);
    assert(!standing(await list(ben)).some(([id]) => id === ada.id));
    assert.deepEqual(await edgeCounts(ada, ben), [3, 2]);

    const before = await notifications(ada);
    assert.equal(await client.addFriends(ben.session, [ada.id]), true, "who is blocked is not told");
    assert(!standing(await list(ben)).some(([id]) => id === ada.id));
    assert.deepEqual(await notifications(ada), before);

    assert.equal(await client.deleteFriends(ada.session, [], [ben.username]), true);
    assert.deepEqual(standing(await list(ada, BLOCKED)), []);
    await client.addFriends(ben.session, [ada.id]);
    assert.deepEqual(standing(await list(ada, RECEIVED)), [[ben.id, RECEIVED]]);
    await refusal(400, 3, "Cannot block self.", client.blockFriends(ada.session, [ada.id]));
  },

  async "invitations and friendships end"() {
    assert.equal(await client.deleteFriends(ada.session, [ben.id, cleo.id], [dan.username]), true);
    assert.deepEqual(await list(ada), { friends: [], cursor: undefined });
    for (const player of [ben, cleo, dan]) {
      assert(!standing(await list(player)).some(([id]) => id === ada.id));
      const { code, subject, content, sender_id } = (await notifications(player)).at(-1);
      const words = `${ada.username} removed you as a friend`;
      assert.deepEqual([code, subject, content, sender_id], [REMOVED, words, { username: ada.username }, ada.id]);
    }
    assert.deepEqual(await edgeCounts(ada, ben, cleo, dan), [0, 2, 1, 1]);
    assert.equal(await client.deleteFriends(ada.session, [ben.id], [`nobody-${mark}`]), true);
    await refusal(400, 3, "Cannot delete self.", client.deleteFriends(ada.session, [ada.id]));
  },
});
