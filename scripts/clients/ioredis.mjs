// ioredis: its ready check (INFO), commands, automatic pipelining, errors, several connections.
import assert from "node:assert/strict";
import Redis from "ioredis";

const [host, port] = process.argv.slice(2);
const connect = () => new Redis({ host, port: Number(port), maxRetriesPerRequest: 3, commandTimeout: 10000 });
const client = connect();
const key = `check:ioredis:${process.pid}`;

assert.equal(await client.ping(), "PONG");
assert.equal(await client.set(key, "value", "EX", 100), "OK");
assert.equal(await client.get(key), "value");
assert.ok((await client.ttl(key)) > 0);
assert.equal(await client.set(key, "other", "NX"), null);
assert.deepEqual(await client.getBuffer(key), Buffer.from("value"));
await assert.rejects(client.incr(key), /integer/);
assert.equal(await client.del(key), 1);

const replies = await Promise.all(Array.from({ length: 1000 }, () => client.incr(key)));
assert.deepEqual(replies, Array.from({ length: 1000 }, (_, i) => i + 1));
const pipelined = await client.pipeline().incr(key).get(key).exec();
assert.deepEqual(pipelined, [[null, 1001], [null, "1001"]]);

const others = Array.from({ length: 5 }, connect);
await Promise.all(others.map((other) => other.incr(key)));
assert.equal(await client.get(key), "1006");
assert.equal(await client.del(key), 1);
for (const each of [client, ...others]) each.disconnect();
