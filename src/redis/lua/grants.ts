/** Lets go who may, tells the process when to ask again, and wakes the next. */
export const grants: string = `
local granted, share, shortest = 0, 0, math.huge
for _, w in ipairs(S.windows) do if not w.off then shortest = math.min(shortest, w.p) end end
local deadline = math.ceil(now + msg.lease + msg.flight)
local reply = { seq = msg.seq, epoch = S.epoch, rev = S.rev, now = now, deadline = deadline, at = -1, by = 0, processes = processes, used = {} }
if msg.leave then me.head, me.due, me.left = nil, nil, now end
if msg.want then
  stand(msg.level)
  local rival = first(me)
  -- Handing a turn on takes a while: who has it may be ahead by what a window refills in that time, if it fits at once.
  local function mine()
    return not rival or before(me, rival) or
      granted > 0 and rival.head.p == me.head.p and had(me) <= had(rival) + handing / shortest
  end
  for index, amounts in ipairs(msg.want) do
    local a = {}
    for place, unit in ipairs(units) do a[unit] = amounts[place] end
    me.head.a = a
    if not mine() or not fits(a) or (processes > 1 and granted > 0 and share > 1 / processes) then break end
    local part = 0
    for _, w in ipairs(S.windows) do
      local amount = a[w.u] or 0
      if amount > 0 then
        put(w, slotOf(w, deadline), amount)
        if w.k == 'bucket' then w.fly = w.fly + amount else w.sum = w.sum + amount end
        if not w.off then part = math.max(part, amount / w.l) end
      end
    end
    pay(msg.level, me.head.level, part)
    share = share + part
    granted = granted + 1
    if index == #msg.want then me.head, me.left = nil, now end
  end
end
write()
if me.head then
  me.due = nil
  local at, by = room(me.head.a)
  local next_ = first()
  reply.by = by
  if next_ == me then
    me.due = at
    if at < math.huge then reply.at = at - now end
  else
    local rank = 1
    for _, other in pairs(S.procs) do
      if other ~= me and other.head and before(other, me) then rank = rank + 1 end
    end
    reply.waits = true
    reply.at = math.max(0, (next_.due or now) - now) + turn * rank
    if reply.at == math.huge then reply.at = -1 end
  end
end
reply.n = granted
-- Wakes exactly one, and only if it does not know yet when its turn is.
local next_ = first()
if next_ and next_ ~= me then
  local at = room(next_.head.a)
  if at < math.huge and (not next_.due or at < next_.due - 1) then
    next_.due = at
    call('PUBLISH', KEYS[1] .. ':' .. next_.id, string.format('%.3f %.3f', now, at - now))
  end
end
-- Whether somebody waits for what is given back, and for what lands: a bucket that is full but for what is in flight does not refill.
if next_ then
  reply.line = true
  for _, w in ipairs(S.windows) do
    if w.k == 'bucket' and not w.off and w.fly > 0 and w.debt < 2 * msg.patience * w.l then reply.idle = true end
  end
end
`;
