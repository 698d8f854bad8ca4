// Players compete on a leaderboard and in tournaments, with the official client:  node competition.mjs HOST PORT
// The server runs the functions of modules/clientrpc.py.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { client, refused, run, signIn } from "./support.mjs";
import { typed } from "./typings.mjs";

const category = 7;
const newYear = Date.UTC(new Date().getUTCFullYear() + 1, 0, 1) / 1000;
const cupRules = {
  authoritative: false,
  sort_order: "desc",
  operator: "best",
  duration: 366 * 24 * 60 * 60,
  reset_schedule: "0 0 1 1 *",
  title: "New Year's Cup",
  description: "All year long",
  category,
  start_time: 0,
  end_time: 0,
  max_size: 2,
  max_num_score: 2,
  join_required: true,
};
const openRules = { ...cupRules, reset_schedule: "", title: "Open", max_size: 0, max_num_score: 1, join_required: false };

let ada, ben, cleo, dan, eve, players;
let board, plain, cup, open;

async function call(id, payload) {
  return (await client.rpc(ada.session, `clientrpc.${id}`, payload)).payload;
}

// The client's calls, each answer checked against its declared type.
const checked = {
  write: async (player, id, score) =>
    typed("LeaderboardRecord", await client.writeLeaderboardRecord(player.session, id, score)),
  list: async (...args) => typed("LeaderboardRecordList", await client.listLeaderboardRecords(ada.session, ...args)),
  around: async (...args) =>
    typed("LeaderboardRecordList", await client.listLeaderboardRecordsAroundOwner(ada.session, ...args)),
  writeCup: async (player, id, score) =>
    typed("LeaderboardRecord", await client.writeTournamentRecord(player.session, id, score)),
  tournaments: async (...args) => typed("TournamentList", await client.listTournaments(ada.session, ...args)),
  listCup: async (...args) => typed("TournamentRecordList", await client.listTournamentRecords(ada.session, ...args)),
  aroundCup: async (...args) =>
    typed("TournamentRecordList", await client.listTournamentRecordsAroundOwner(ada.session, ...args)),
};

async function theTournament(id) {
  const found = [];
  let cursor;
  do {
    const page = await checked.tournaments(category, category, undefined, undefined, 1, cursor);
    assert(page.tournaments.length <= 1);
    found.push(...page.tournaments);
    cursor = page.cursor;
  } while (cursor);
  const known = found.filter((tournament) => tournament.id === id);
  assert(known.length <= 1, "a tournament is listed twice");
  return known[0];
}

const ranked = (records) => records.map(({ rank, owner_id, score }) => [rank, owner_id, score]);
const now = () => Math.floor(Date.now() / 1000);

await run({
  async "players and boards are there"() {
    const names = ["ada", "ben", "cleo", "dan", "eve"];
    players = [ada, ben, cleo, dan, eve] = await Promise.all(names.map(signIn));
    ({ leaderboard_id: board } = await call("create_leaderboard", { operator: "best", enable_ranks: true }));
    ({ tournament_id: cup } = await call("create_same_tournament_multiple_times", cupRules));
    ({ tournament_id: open } = await call("create_tournament", openRules));
  },

  async "scores are written to a leaderboard"() {
    for (const [index, player] of players.entries()) {
      const score = { score: `${10 * (index + 1)}`, subscore: `${index}`, metadata: { car: { number: index } } };
      const record = await checked.write(player, board, score);
      assert.equal(Date.parse(record.update_time) / 1000, Math.floor(Date.parse(record.update_time) / 1000));
      delete record.update_time;
      assert.deepEqual(record, {
        leaderboard_id: board,
        owner_id: player.id,
        username: player.username,
        score: 10 * (index + 1),
        subscore: index,
        num_score: 1,
        max_num_score: 1_000_000,
        metadata: { car: { number: index } },
        rank: 1, // each beats those before
        expiry_time: undefined,
      });
    }
    const better = await checked.write(ada, board, { score: "25" });
    assert.deepEqual([better.rank, better.score, better.num_score], [4, 25, 2]);
    assert.deepEqual(better.metadata, { car: { number: 0 } });
    const worse = await checked.write(ben, board, { score: "1", metadata: { not: "kept" } });
    assert.deepEqual([worse.rank, worse.score, worse.num_score], [5, 20, 1]);
    assert.deepEqual(worse.metadata, { car: { number: 1 } });
    await assert.rejects(checked.write(ada, randomUUID(), { score: "1" }), refused(404));
    await assert.rejects(checked.write(ada, board, { score: "many" }), refused(400));
  },

  async "its pages are listed forth and back"() {
    const first = await checked.list(board, [], 2);
    const second = await checked.list(board, [], 2, first.next_cursor);
    const third = await checked.list(board, [], 2, second.next_cursor);
    assert.deepEqual(ranked(first.records), [[1, eve.id, 50], [2, dan.id, 40]]);
    assert.deepEqual(ranked(second.records), [[3, cleo.id, 30], [4, ada.id, 25]]);
    assert.deepEqual(ranked(third.records), [[5, ben.id, 20]]);
    assert.deepEqual([first, second, third].map((page) => page.rank_count), [5, 5, 5]);
    assert.deepEqual([first.prev_cursor, third.next_cursor], [undefined, undefined]);

    const back = await checked.list(board, [], 2, third.prev_cursor);
    const start = await checked.list(board, [], 2, back.prev_cursor);
    assert.deepEqual(back.records, second.records);
    assert.deepEqual(start.records, first.records);
    assert.equal(start.prev_cursor, undefined);

    const some = await checked.list(board, [ben.id, dan.id]);
    assert.deepEqual(some.records, []);
    assert.deepEqual(ranked(some.owner_records), [[2, dan.id, 40], [5, ben.id, 20]]);
    await assert.rejects(checked.list(board, [], 2, "no cursor"), refused(400));
  },

  async "a player's neighbours are listed"() {
    const around = await checked.around(board, cleo.id, 3);
    assert.deepEqual(ranked(around.records), [[2, dan.id, 40], [3, cleo.id, 30], [4, ada.id, 25]]);
    assert.equal(around.rank_count, 5);
    const below = await checked.around(board, cleo.id, 3, undefined, around.next_cursor);
    assert.deepEqual(ranked(below.records), [[5, ben.id, 20]]);
    const above = await checked.around(board, cleo.id, 3, undefined, around.prev_cursor);
    assert.deepEqual(ranked(above.records), [[1, eve.id, 50]]);
    const stranger = await checked.around(board, randomUUID(), 3);
    assert.deepEqual(stranger.records, []);
  },

  async "a record is deleted from a leaderboard"() {
    // The client declares this call on its inner object only.
    assert.deepEqual(await client.apiClient.deleteLeaderboardRecord(dan.session.token, board), {});
    const left = await checked.list(board, [dan.id], 10);
    assert.deepEqual(ranked(left.records), [[1, eve.id, 50], [2, cleo.id, 30], [3, ada.id, 25], [4, ben.id, 20]]);
    assert.deepEqual([left.rank_count, left.owner_records], [4, []]);
  },

  async "operators combine scores, with ranks off"() {
    for (const [operator, score, subscore] of [["set", 1, 20], ["best", 10, 20], ["incr", 11, 21]]) {
      ({ leaderboard_id: plain } = await call("create_leaderboard", { operator }));
      await checked.write(ada, plain, { score: "10", subscore: "1", metadata: { key: "value" } });
      const record = await checked.write(ada, plain, { score: "1", subscore: "20" });
      assert.deepEqual([record.score, record.subscore, record.rank], [score, subscore, 0]);
      assert.deepEqual(record.metadata, { key: "value" });
      const { records, rank_count } = await checked.list(plain);
      assert.deepEqual([ranked(records), rank_count], [[[1, ada.id, score]], 0]);
    }
  },

  async "tournaments are listed"() {
    const tournament = await theTournament(cup);
    const { create_time, start_time, start_active, ...rest } = tournament;
    assert.equal(create_time, start_time);
    assert.equal(Date.parse(start_time), start_active * 1000);
    assert(Math.abs(now() - start_active) < 60);
    assert.deepEqual(rest, {
      id: cup,
      title: "New Year's Cup",
      description: "All year long",
      category,
      sort_order: 1,
      duration: cupRules.duration,
      size: 0,
      max_size: 2,
      max_num_score: 2,
      can_enter: true,
      end_active: newYear,
      next_reset: newYear,
      metadata: {},
      end_time: undefined,
      authoritative: undefined, // false is left out
    });
    const unlimited = await theTournament(open);
    assert.deepEqual([unlimited.title, unlimited.max_size, unlimited.next_reset], ["Open", 2 ** 31 - 1, 0]);
    assert.deepEqual((await checked.tournaments(category + 1, 127)).tournaments, []);
    await assert.rejects(checked.tournaments(0, 128), refused(400));
  },

  async "a tournament is joined until it is full"() {
    await assert.rejects(checked.writeCup(ada, cup, { score: "5" }), refused(400));
    for (const player of [ada, ben, ben]) {
      assert.equal(await client.joinTournament(player.session, cup), true);
    }
    await assert.rejects(client.joinTournament(cleo.session, cup), refused(400));
    await assert.rejects(client.joinTournament(cleo.session, board), refused(404));
    const { size, can_enter } = await theTournament(cup);
    assert.deepEqual([size, can_enter], [2, undefined]);
    const { records } = await checked.listCup(cup);
    assert.deepEqual(new Set(records.map((record) => record.owner_id)), new Set([ada.id, ben.id]));
    assert.deepEqual(records.map(({ rank, score, num_score }) => [rank, score, num_score]), [[1, 0, 0], [2, 0, 0]]);
  },

  async "scores are written to a tournament, as many as allowed"() {
    const first = await checked.writeCup(ada, cup, { score: "5", subscore: "3", metadata: { try: 1 } });
    assert.equal(Date.parse(first.expiry_time) / 1000, newYear);
    assert.deepEqual([first.leaderboard_id, first.owner_id, first.username], [cup, ada.id, ada.username]);
    assert.deepEqual([first.rank, first.score, first.subscore, first.num_score, first.max_num_score], [1, 5, 3, 1, 2]);
    assert.deepEqual(first.metadata, { try: 1 });
    await checked.writeCup(ada, cup, { score: "4" });
    const late = await checked.writeCup(ada, cup, { score: "9" });
    assert.deepEqual([late.score, late.num_score], [5, 2], "the third of two attempts counts");

    await call("addattempt_tournament", { tournament_id: cup, owner_id: ada.id, count: 1 });
    const added = await checked.writeCup(ada, cup, { score: "9" });
    assert.deepEqual([added.score, added.num_score, added.max_num_score], [9, 3, 3]);
    const second = await checked.writeCup(ben, cup, { score: "7" });
    assert.deepEqual([second.rank, second.num_score], [2, 1]);

    for (const [index, player] of players.entries()) {
      const record = await checked.writeCup(player, open, { score: `${10 * (index + 1)}` });
      assert.deepEqual([record.rank, record.expiry_time], [1, undefined]);
    }
    await assert.rejects(checked.writeCup(ada, open, { score: "99" }), refused(400));
  },

  async "tournament records are listed forth and back, and around a player"() {
    const first = await checked.listCup(open, [ben.id], 3);
    const second = await checked.listCup(open, [], 3, first.next_cursor);
    const back = await checked.listCup(open, [], 3, second.prev_cursor);
    assert.deepEqual(ranked(first.records), [[1, eve.id, 50], [2, dan.id, 40], [3, cleo.id, 30]]);
    assert.deepEqual(ranked(second.records), [[4, ben.id, 20], [5, ada.id, 10]]);
    assert.deepEqual(back.records, first.records);
    assert.deepEqual(ranked(first.owner_records), [[4, ben.id, 20]]);

    const around = await checked.aroundCup(open, cleo.id, 3);
    assert.deepEqual(ranked(around.records), [[2, dan.id, 40], [3, cleo.id, 30], [4, ben.id, 20]]);
    const below = await checked.aroundCup(open, cleo.id, 3, undefined, around.next_cursor);
    assert.deepEqual(ranked(below.records), [[5, ada.id, 10]]);
    const above = await checked.aroundCup(open, cleo.id, 3, undefined, around.prev_cursor);
    assert.deepEqual(ranked(above.records), [[1, eve.id, 50]]);

    const period = await checked.listCup(cup, [], 10, undefined, `${newYear}`);
    assert.deepEqual(ranked(period.records), [[1, ada.id, 9], [2, ben.id, 7]]);
    assert.deepEqual((await checked.listCup(cup, [], 10, undefined, `${newYear - 1}`)).records, []);
  },

  async "a deleted tournament record leaves its place to another"() {
    assert.deepEqual(await client.deleteTournamentRecord(ada.session, cup), {});
    assert.equal((await theTournament(cup)).size, 1);
    assert.equal(await client.joinTournament(cleo.session, cup), true);
    const { records } = await checked.listCup(cup, [ada.id], 10);
    assert.deepEqual(ranked(records), [[1, ben.id, 7], [2, cleo.id, 0]]);
  },

  async "only game code writes to an authoritative tournament"() {
    const { tournament_id: judged } = await call("create_tournament", { ...openRules, authoritative: true });
    assert.equal((await theTournament(judged)).authoritative, true);
    await assert.rejects(checked.writeCup(ada, judged, { score: "1" }), refused(403));
    await call("delete_tournament", { tournament_id: judged });
  },

  async "deleted tournaments are gone"() {
    for (const id of [cup, open]) {
      await call("delete_tournament", { tournament_id: id });
      assert.equal(await theTournament(id), undefined);
      await assert.rejects(checked.listCup(id), refused(404));
      await assert.rejects(checked.writeCup(ada, id, { score: "1" }), refused(404));
    }
  },
});
