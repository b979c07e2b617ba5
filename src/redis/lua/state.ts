/** What it stands on: the pool's state, time, and who asks. Ends here where there is nothing to do, or it has been done. */
export const state: string = `
local call, msg, eps = redis.call, cjson.decode(ARGV[1]), 1e-9
local turn, handing, forgotten, sweep, mostDips = 100, 20, 300000, 10000, 64
local time = call('TIME')
local wall = time[1] * 1000 + time[2] / 1000
local raw, fresh = call('GET', KEYS[1]), msg.id .. ':' .. msg.seq
local ours, S = pcall(cmsgpack.unpack, raw)
if raw and not (ours and type(S) == 'table' and S.quiet) then return redis.error_reply('WRONGTYPE this is no state of a quota') end
S = raw and S or { base = math.floor(wall), epoch = fresh, now = 0, held = 0, rev = 0, serial = 0, v = {}, windows = {}, procs = {}, quiet = {}, swept = 0 }
-- Somebody knows more than stands here: it is older data that is back, or a replica has taken over. What was told since is told again, in a
-- state of another name; lost: name of a state -> its last instant that is kept.
S.lost = S.lost or {}
if raw and msg.epoch == S.epoch and msg.known > tonumber(string.format('%.14g', S.now)) then
  S.lost[S.epoch], S.epoch = S.now, fresh
  call('SET', KEYS[1], cmsgpack.pack(S), 'KEEPTTL')
end
local now = math.max(math.floor((wall - S.base) * 1000) / 1000, S.now)
S.now = now

-- procs: who stands in line; quiet: all others, each packed by itself, for a step needs none of them but its own
local me = S.procs[msg.id] or S.quiet[msg.id] and cmsgpack.unpack(S.quiet[msg.id])
if not msg.windows and (not me or S.epoch ~= msg.epoch) or msg.windows and msg.epoch ~= '' and msg.epoch ~= S.epoch then
  return cjson.encode({ register = true, epoch = raw and S.epoch or '', since = S.lost[msg.epoch] and now - S.lost[msg.epoch] })
end
local joins = not me
if joins then
  me = { id = msg.id, seq = 0, limits = {}, v = {}, left = -turn }
end
if msg.seq <= me.seq then return me.reply end
me.seq, me.seen = msg.seq, now
S.procs[msg.id], S.quiet[msg.id] = me, nil
`;
