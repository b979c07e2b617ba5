/** The answer, and all that is to be kept. */
export const answer: string = `
for index, w in ipairs(S.windows) do reply.used[index] = used(w) end
if msg.rev ~= S.rev then
  reply.windows = {}
  for index, w in ipairs(S.windows) do reply.windows[index] = { w.name, w.off and -1 or w.l } end
end
me.reply = cjson.encode(reply)
for _, w in ipairs(S.windows) do longest = math.max(longest, w.p) end
local ttl = math.ceil(2 * longest + msg.lease + msg.flight + 60000)
call('SET', KEYS[1], cmsgpack.pack(S), 'PX', ttl)
for _, w in pairs(touched) do
  call('PEXPIRE', key(w, 'z'), ttl)
  call('PEXPIRE', key(w, 'a'), ttl)
end
-- Last, for this is what a full Redis does not refuse: nothing is forgotten unless all else is written.
for _, old in ipairs(trash) do
  call('ZREM', key(old[1], 'z'), old[2])
  call('HDEL', key(old[1], 'a'), old[2])
end
return me.reply
`;
