// What the scripts share: a client of the server that the command line names, and steps that say what they proved.
import { Client } from "@heroiclabs/nakama-js";

const [host, port] = process.argv.slice(2);

export const client = new Client("defaultkey", host, port, false, 7000, false);

// For assert.rejects: the server's answer had this status.
export const refused = (status) => (answer) => answer instanceof Response && answer.status === status;

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
