// Players found groups, join them and talk there, with the official client:  node groups.mjs HOST PORT
// The server runs the functions of modules/social.py.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { client, mark, recent, refusal, run, signInAll } from "./support.mjs";
import { typed } from "./typings.mjs";

const [ada, ben, cleo, dan] = await signInAll("ada", "ben", "cleo", "dan");
const SUPERADMIN = 0, ADMIN = 1, MEMBER = 2, REQUEST = 3, BANNED = 4;
const CHAT = 0, JOINED = 3, ADDED = 4, LEFT = 5, KICKED = 6, PROMOTED = 7, WAS_BANNED = 8, DEMOTED = 9;
const NOTIFIED_ADDED = -4, NOTIFIED_REQUEST = -5;

const lang = `x-${mark}`;
let guild, knights, pair, channel;

// The client's calls, each answer checked against its declared type.
const create = async (player, request) => typed("Group", await client.createGroup(player.session, request));
const list = async (...args) => typed("GroupList", await client.listGroups(ada.session, ...args));
const users = async (...args) => typed("GroupUserList", await client.listGroupUsers(ada.session, ...args));
// The client's own third and fourth argument, state and limit, change places on their way to the server.
const ofUser = async (player, { state, limit, cursor } = {}) =>
  typed("UserGroupList", await client.listUserGroups(ada.session, player.id, limit, state, cursor));
const history = async (player, id, ...args) =>
  typed("ChannelMessageList", await client.listChannelMessages(player.session, id, ...args));
const notifications = async (player) =>
  typed("NotificationList", await client.listNotifications(player.session, 100)).notifications;
const call = async (player, id, payload) => (await client.rpc(player.session, `social.${id}`, payload)).payload;

const names = ({ groups }) => groups.map(({ name }) => name);
const roles = ({ group_users }) => group_users.map(({ user, state }) => [user.id, state]);
const defined = (object) => Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));

async function theGroup({ name }) {
  const { groups } = await list(name, undefined, 1);
  return groups[0];
}

async function change(what, player, group, ...others) {
  const answer = await client[`${what}GroupUsers`](player.session, group.id, others.map(({ id }) => id));
  // The client hands the answer to a promotion out as it came.
  assert.deepEqual(answer, what === "promote" ? {} : true);
}

await run({
  async "groups are created"() {
    guild = await create(ada, { name: `${mark} Guild` });
    const { id, create_time, update_time, ...rest } = defined(guild);
    assert.match(id, /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/);
    recent(create_time);
    assert.equal(update_time, create_time);
    assert.deepEqual(rest, {
      creator_id: ada.id,
      name: `${mark} Guild`,
      lang_tag: "en",
      metadata: {},
      open: false,
      edge_count: 1,
      max_count: 100,
    });
    const given = {
      name: `${mark} Knights`,
      description: "Round table – Ångström",
      avatar_url: "https://example.com/a.png",
      lang_tag: lang,
      open: true,
    };
    knights = await create(ben, { ...given, max_count: 3 });
    const { id: _, create_time: __, update_time: ___, ...all } = knights;
    assert.deepEqual(all, { ...given, creator_id: ben.id, metadata: {}, edge_count: 1, max_count: 3 });
    pair = await create(ada, { name: `${mark} Pair`, lang_tag: lang, open: true, max_count: 2 });

    await refusal(409, 6, "Group name is in use.", create(ben, { name: guild.name }));
    await refusal(400, 3, "Group name must be set.", create(ben, {}));
    await refusal(400, 3, "Group max count must be >= 1 when set.", create(ben, { name: "x", max_count: -1 }));
  },

  async "groups are listed by their names"() {
    assert.deepEqual(names(await list(`${mark}%`, undefined, 10)), [guild.name, knights.name, pair.name]);
    assert.deepEqual(names(await list(`${mark} G%`, undefined, 10)), [guild.name]);
    assert.deepEqual(names(await list(knights.name.toUpperCase(), undefined, 10)), [knights.name]);
    assert.deepEqual(await list(mark, undefined, 10), { groups: [] }, "no part of a name");

    const first = await list(`${mark}%`, undefined, 2);
    const second = await list(`${mark}%`, first.cursor, 2);
    assert.deepEqual([...first.groups, ...second.groups], [guild, knights, pair]);
    assert.deepEqual([first.groups.length, second.cursor], [2, undefined]);
    assert.equal((await list()).groups.length, 1, "one, unless it is said how many");
    await refusal(400, 3, "Invalid limit - limit must be between 1 and 100.", list(undefined, undefined, 101));
  },

  async "and by other properties"() {
    // The client declares these arguments on its inner object only.
    const inner = async (...args) =>
      typed("ApiGroupList", await client.apiClient.listGroups(ada.session.token, ...args));
    const found = async (...args) => names(await inner(undefined, undefined, 10, ...args));
    assert.deepEqual((await found(lang)).sort(), [knights.name, pair.name].sort());
    assert.deepEqual((await found(lang, 1, true)).sort(), [knights.name, pair.name].sort());
    assert.deepEqual(await inner(undefined, undefined, 10, lang, undefined, false), {});
    const combined = "name filter cannot be combined with any other filter";
    await refusal(400, 3, combined, inner(`${mark}%`, undefined, 10, lang));
  },

  async "a group is updated"() {
    const update = (player, request) => client.updateGroup(player.session, guild.id, request);
    const avatar_url = "https://example.com/b.png";
    const changes = { name: `${mark} Guild II`, description: "Closed", avatar_url, lang_tag: "de" };
    assert.equal(await update(ada, changes), true);
    const { update_time, ...rest } = await theGroup(changes);
    recent(update_time);
    assert.deepEqual({ ...rest, update_time: guild.update_time }, { ...guild, ...changes });
    guild = { ...rest, update_time };
    assert.equal(await update(ada, { open: true }), true);
    assert.equal((await theGroup(guild)).open, true);
    assert.equal(await update(ada, { open: false }), true);
    assert.equal((await theGroup(guild)).open, false);

    await refusal(404, 5, "Group not found or you're not allowed to update.", update(ben, { description: "mine" }));
    await refusal(400, 3, "Specify at least one field to update.", update(ada, {}));
    await refusal(400, 3, "Group name is in use.", update(ada, { name: knights.name }));
    await refusal(400, 3, "Group name cannot be empty.", update(ada, { name: "" }));
  },

  async "an open group is joined until it is full"() {
    assert.equal(await client.joinGroup(cleo.session, knights.id), true);
    assert.equal(await client.joinGroup(cleo.session, knights.id), true, "once more has no effect");
    assert.equal((await theGroup(knights)).edge_count, 2);
    assert.equal(await client.joinGroup(dan.session, knights.id), true);
    await refusal(400, 3, "Group is full.", client.joinGroup(ada.session, knights.id));
    await refusal(404, 5, "Group not found.", client.joinGroup(ada.session, randomUUID()));
    await refusal(400, 3, "Group ID must be a valid ID.", client.joinGroup(ada.session, "knights"));
    assert.deepEqual(roles(await users(knights.id)), [[ben.id, SUPERADMIN], [cleo.id, MEMBER], [dan.id, MEMBER]]);
  },

  async "a closed group is asked, and accepts"() {
    for (const player of [ben, cleo]) assert.equal(await client.joinGroup(player.session, guild.id), true);
    assert.equal((await theGroup(guild)).edge_count, 1);
    assert.deepEqual(roles(await users(guild.id)), [[ada.id, SUPERADMIN], [ben.id, REQUEST], [cleo.id, REQUEST]]);
    const [{ id: _, create_time, ...asked }, ...others] = await notifications(ada);
    recent(create_time);
    assert.deepEqual(asked, {
      code: NOTIFIED_REQUEST,
      subject: `User ${ben.username} wants to join your group`,
      content: { group_id: guild.id, username: ben.username },
      sender_id: ben.id,
      persistent: true,
    });
    assert.deepEqual(others.map(({ content }) => content.username), [cleo.username]);

    await change("add", ada, guild, ben, cleo);
    assert.deepEqual(roles(await users(guild.id)), [[ada.id, SUPERADMIN], [ben.id, MEMBER], [cleo.id, MEMBER]]);
    assert.equal((await theGroup(guild)).edge_count, 3);
    const [{ id: __, create_time: ___, ...accepted }] = await notifications(ben);
    assert.deepEqual(accepted, {
      code: NOTIFIED_ADDED,
      subject: `You've been added to group ${guild.name}`,
      content: { group_id: guild.id, name: guild.name },
      sender_id: ada.id,
      persistent: true,
    });
  },

  async "users are added without asking, all or none"() {
    const add = (player, ...ids) => client.addGroupUsers(player.session, guild.id, ids);
    await refusal(400, 3, "One or more users not found.", add(ada, dan.id, randomUUID()));
    await refusal(400, 3, "User ID must be a valid ID.", add(ada, "dan"));
    await refusal(404, 5, "Group not found or permission denied.", add(ben, dan.id));
    assert.equal((await theGroup(guild)).edge_count, 3);
    await change("add", ada, guild, dan);
    assert.deepEqual(roles(await users(guild.id, MEMBER)), [[ben.id, MEMBER], [cleo.id, MEMBER], [dan.id, MEMBER]]);
  },

  async "members are listed by role and in pages"() {
    const first = await users(guild.id, undefined, 3);
    const second = await users(guild.id, undefined, 3, first.cursor);
    const order = [[ada.id, SUPERADMIN], [ben.id, MEMBER], [cleo.id, MEMBER], [dan.id, MEMBER]];
    assert.deepEqual([...roles(first), ...roles(second)], order);
    assert.deepEqual([first.group_users.length, second.cursor], [3, undefined]);
    const { create_time, update_time, ...user } = defined(first.group_users[1].user);
    recent(create_time);
    recent(update_time);
    assert.deepEqual(user, { id: ben.id, username: ben.username, lang_tag: "en", metadata: {}, edge_count: 0 });
    assert.deepEqual(await users(guild.id, BANNED), { group_users: [], cursor: undefined });
    assert.deepEqual((await users(randomUUID())).group_users, []);
    await refusal(400, 3, "Invalid state - state must be between 0 and 4.", users(guild.id, 5));
    await refusal(400, 3, "Cursor is invalid.", users(guild.id, MEMBER, 3, "no cursor"));
  },

  async "a user's groups are listed by role and in pages"() {
    const roles = ({ user_groups }) => user_groups.map(({ group, state }) => [group.id, state]);
    const first = await ofUser(ben, { limit: 1 });
    const second = await ofUser(ben, { limit: 1, cursor: first.cursor });
    assert.deepEqual([roles(first), roles(second)], [[[knights.id, SUPERADMIN]], [[guild.id, MEMBER]]]);
    assert.equal(second.cursor, undefined);
    assert.deepEqual(second.user_groups[0].group, await theGroup(guild));
    assert.deepEqual(roles(await ofUser(ben, { state: MEMBER })), [[guild.id, MEMBER]]);
    assert.deepEqual(await ofUser(ben, { state: REQUEST }), { user_groups: [], cursor: undefined });
    await refusal(400, 3, "Cursor is invalid.", ofUser(ben, { cursor: "no cursor" }));
  },

  async "roles rise and fall"() {
    await change("promote", ada, guild, ben, cleo);
    await change("promote", ben, guild, dan, cleo); // an admin promotes members only
    assert.deepEqual(roles(await users(guild.id, ADMIN)), [[ben.id, ADMIN], [cleo.id, ADMIN], [dan.id, ADMIN]]);
    await change("promote", ada, guild, ben);
    assert.deepEqual(roles(await users(guild.id, SUPERADMIN)), [[ada.id, SUPERADMIN], [ben.id, SUPERADMIN]]);

    await change("demote", cleo, guild, ada, dan); // an admin demotes admins only
    await change("demote", ada, guild, ben, cleo);
    await change("demote", ada, guild, cleo); // who is a member stays one
    assert.deepEqual(roles(await users(guild.id)),
      [[ada.id, SUPERADMIN], [ben.id, ADMIN], [cleo.id, MEMBER], [dan.id, MEMBER]]);
    const denied = "Group not found or permission denied.";
    await refusal(404, 5, denied, client.promoteGroupUsers(cleo.session, guild.id, [dan.id]));
    await refusal(404, 5, denied, client.demoteGroupUsers(cleo.session, guild.id, [ben.id]));
    await refusal(400, 3, "User IDs must be set.", client.demoteGroupUsers(ada.session, guild.id, []));
  },

  async "members are kicked, and banned until they are kicked"() {
    await change("kick", ben, guild, ada, dan); // an admin kicks members only
    await change("ban", ada, guild, cleo);
    assert.deepEqual(roles(await users(guild.id)), [[ada.id, SUPERADMIN], [ben.id, ADMIN]]);
    assert.deepEqual(roles(await users(guild.id, BANNED)), [[cleo.id, BANNED]]);
    assert.equal((await theGroup(guild)).edge_count, 2);

    assert.equal(await client.joinGroup(cleo.session, guild.id), true, "who is banned is not told");
    await change("add", ada, guild, cleo);
    assert.deepEqual(roles(await users(guild.id, BANNED)), [[cleo.id, BANNED]]);
    await change("kick", ada, guild, cleo);
    assert.deepEqual((await users(guild.id, BANNED)).group_users, []);
    assert.equal(await client.joinGroup(cleo.session, guild.id), true);
    assert.deepEqual(roles(await users(guild.id, REQUEST)), [[cleo.id, REQUEST]]);
    await change("kick", ada, guild, cleo);
    assert.deepEqual(roles(await users(guild.id)), [[ada.id, SUPERADMIN], [ben.id, ADMIN]]);
    const denied = "Group not found or permission denied.";
    await refusal(404, 5, denied, client.kickGroupUsers(dan.session, guild.id, [ben.id]));
    await refusal(404, 5, denied, client.banGroupUsers(dan.session, guild.id, [ben.id]));
  },

  async "members leave"() {
    const last = "Cannot leave group when you are the last superadmin.";
    await refusal(400, 3, last, client.leaveGroup(ada.session, guild.id));
    assert.equal(await client.leaveGroup(ben.session, guild.id), true);
    assert.equal(await client.leaveGroup(ben.session, guild.id), true, "once more has no effect");
    assert.deepEqual(roles(await users(guild.id)), [[ada.id, SUPERADMIN]]);
    assert.equal((await theGroup(guild)).edge_count, 1);
  },

  async "the group's channel has told all that"() {
    channel = `3.${guild.id}..`;
    const { messages, next_cursor, prev_cursor, cacheable_cursor } = await history(ada, channel, 100);
    assert.deepEqual([next_cursor, prev_cursor, typeof cacheable_cursor], [undefined, undefined, "string"]);
    const expected = [
      [ADDED, ben], [ADDED, cleo], [ADDED, dan],
      [PROMOTED, ben], [PROMOTED, cleo], [PROMOTED, dan], [PROMOTED, ben],
      [DEMOTED, dan], [DEMOTED, ben], [DEMOTED, cleo],
      [KICKED, dan], [WAS_BANNED, cleo], [LEFT, ben],
    ];
    // Their times are whole seconds: within one the order is open.
    assert.deepEqual(
      messages.map(({ code, sender_id, username }) => `${code} ${sender_id} ${username}`).sort(),
      expected.map(([code, { id, username }]) => `${code} ${id} ${username}`).sort(),
    );
    const times = messages.map(({ create_time }) => Date.parse(create_time));
    assert.deepEqual(times, [...times].sort((one, other) => one - other));
    assert.equal(new Set(messages.map(({ message_id }) => message_id)).size, expected.length);
    for (const { message_id, code, sender_id, username, create_time, update_time, ...rest } of messages) {
      recent(create_time);
      assert.equal(update_time, create_time);
      assert.deepEqual(defined(rest), { channel_id: channel, content: {}, persistent: true, group_id: guild.id });
    }
    const joined = await history(ben, `3.${knights.id}..`, 100);
    assert.deepEqual(joined.messages.map(({ code, sender_id }) => `${code} ${sender_id}`).sort(),
      [cleo, dan].map(({ id }) => `${JOINED} ${id}`).sort());
    for (const stranger of [ben, dan]) {
      await refusal(400, 3, "Group not found.", history(stranger, channel, 100));
    }
  },

  async "messages are listed forth and back"() {
    const { messages: all } = await history(ada, channel, 100);
    const first = await history(ada, channel, 5);
    const second = await history(ada, channel, 5, true, first.next_cursor);
    const third = await history(ada, channel, 5, true, second.next_cursor);
    assert.deepEqual([first, second, third].flatMap(({ messages }) => messages), all);
    assert.deepEqual([first.prev_cursor, third.next_cursor], [undefined, undefined]);
    const back = await history(ada, channel, 5, true, third.prev_cursor);
    assert.deepEqual(back.messages, second.messages);
    const start = await history(ada, channel, 5, true, back.prev_cursor);
    assert.deepEqual(start.messages, first.messages);
    assert.equal(start.prev_cursor, undefined);

    const newest = await history(ada, channel, 5, false);
    const older = await history(ada, channel, 100, false, newest.next_cursor);
    assert.deepEqual([...newest.messages, ...older.messages], [...all].reverse());
    const invalid = "Cursor is invalid or expired.";
    await refusal(400, 3, invalid, history(ada, channel, 5, false, first.next_cursor));
    await refusal(400, 3, invalid, history(ada, channel, 5, true, "no cursor"));
    await refusal(400, 3, "Invalid channel ID.", history(ada, "guild", 5));
  },

  async "what the game says in the channel follows"() {
    const { cacheable_cursor: until } = await history(ada, channel, 100);
    assert.deepEqual(await history(ada, channel, 100, true, until), {
      messages: [],
      next_cursor: undefined,
      prev_cursor: undefined,
      cacheable_cursor: until,
    });
    const said = await call(ada, "say", { channel_id: channel, text: "Grüße 🛡" });
    const announced = await call(ada, "announce", { channel_id: channel, text: "Raid at nine" });
    const gone = await call(ada, "say", { channel_id: channel, text: "never mind" });
    await call(ada, "correct", { ...said, text: "Hello" });
    await call(ada, "withdraw", gone);

    const { messages: [hers, servers, ...others] } = await history(ada, channel, 100, true, until);
    assert.deepEqual(others, []);
    const { create_time, update_time, ...rest } = defined(hers);
    recent(create_time);
    recent(update_time);
    const place = { channel_id: channel, group_id: guild.id, code: CHAT, persistent: true };
    assert.deepEqual(rest, {
      ...place,
      message_id: said.message_id,
      content: { text: "Hello" },
      sender_id: ada.id,
      username: ada.username,
    });
    assert(Date.parse(update_time) >= Date.parse(create_time));
    assert.deepEqual([servers.message_id, servers.content], [announced.message_id, { text: "Raid at nine" }]);
    assert.deepEqual([servers.sender_id, servers.username], ["00000000-0000-0000-0000-000000000000", undefined]);
  },

  async "rooms and pairs of players have channels, too"() {
    const room = `2...${mark}`;
    await call(ada, "say", { channel_id: room, text: "anybody?" });
    const { messages: [inRoom] } = await history(dan, room);
    assert.deepEqual([inRoom.room_name, inRoom.content, inRoom.sender_id], [mark, { text: "anybody?" }, ada.id]);
    const { channel_id: direct, message_id } = await call(ada, "say_to", { user_id: ben.id, text: "psst" });
    const both = [ada.id, ben.id].sort();
    assert.equal(direct, `4.${both.join(".")}.`);
    const { messages: [inPair] } = await history(ben, direct);
    assert.deepEqual([inPair.message_id, inPair.user_id_one, inPair.user_id_two], [message_id, ...both]);
    assert.deepEqual([inPair.room_name, inPair.group_id], [undefined, undefined]);
    await refusal(400, 3, "Channel not found.", history(dan, direct));
  },

  async "groups end with their last member, or are deleted"() {
    assert.equal(await client.leaveGroup(ada.session, pair.id), true);
    assert.equal(await theGroup(pair), undefined);
    const remove = (player) => client.deleteGroup(player.session, knights.id);
    const denied = "Group not found or you're not allowed to delete.";
    await refusal(400, 3, denied, remove(cleo));
    assert.equal(await remove(ben), true);
    await refusal(400, 3, denied, remove(ben));
    assert.equal(await client.deleteGroup(ada.session, guild.id), true);
    assert.deepEqual((await list(`${mark}%`, undefined, 10)).groups, []);
    for (const player of [ada, ben, cleo, dan]) {
      assert.deepEqual((await ofUser(player)).user_groups, []);
    }
  },
});
