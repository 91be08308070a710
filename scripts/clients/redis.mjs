// node-redis, in RESP2 and in RESP3 (HELLO 3): commands, automatic pipelining, errors.
import assert from "node:assert/strict";
import { createClient } from "redis";

const [host, port] = process.argv.slice(2);
for (const RESP of [2, 3]) {
  const client = createClient({ RESP, socket: { host, port: Number(port), reconnectStrategy: false, connectTimeout: 10000 } });
  await client.connect();
  const key = `check:node-redis:${RESP}:${process.pid}`;
  assert.equal(await client.ping(), "PONG");
  assert.equal(await client.set(key, "value", { EX: 100 }), "OK");
  assert.equal(await client.get(key), "value");
  assert.equal(await client.set(key, "other", { NX: true }), null);
  await assert.rejects(client.incr(key), /integer/);
  assert.equal(await client.del(key), 1);
  assert.equal(await client.get(key), null);
  const replies = await Promise.all(Array.from({ length: 1000 }, () => client.incr(key)));
  assert.deepEqual(replies, Array.from({ length: 1000 }, (_, i) => i + 1));
  assert.equal(await client.del(key), 1);
  client.destroy ? client.destroy() : await client.disconnect();
}
