/** The answer, and all that is to be kept. */
export const answer: string = `
for index, w in ipairs(S.windows) do reply.used[index] = used(w) end
if msg.rev ~= S.rev then
  reply.windows = {}
  for index, w in ipairs(S.windows) do reply.windows[index] = { w.name, w.off and -1 or w.l, w.h } end
end
me.reply = cjson.encode(reply)
for _, w in ipairs(S.windows) do longest = math.max(longest, w.p) end
for id, p in pairs(S.procs) do
  if not p.head then S.procs[id], S.quiet[id] = nil, cmsgpack.pack(p) end
end
local ttl = math.ceil(2 * longest + msg.lease + msg.flight + 60000)
call('SET', KEYS[1], cmsgpack.pack(S), 'PX', ttl)
for _, w in pairs(grown) do
  call('PEXPIRE', key(w, 'z'), ttl)
  call('PEXPIRE', key(w, 'a'), ttl)
end
-- Last, for this is what a full Redis does not refuse: nothing is forgotten unless all else is written.
for w, empty in pairs(trash) do
  for slot in pairs(empty) do
    call('ZREM', key(w, 'z'), slot)
    call('HDEL', key(w, 'a'), slot)
  end
end
return me.reply
`;
