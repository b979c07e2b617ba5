import { createHash } from 'node:crypto';

/**
 * The one step that a process takes in Redis: it reports what became of what it was granted, and asks for the first of its line.
 *
 * - KEYS[1]  the pool's state, one packed value; each window has two keys beside it, in the same hash slot
 * - ARGV[1]  JSON, see `Message`
 * - result   JSON, see `Reply`
 *
 * Atomic, because what is free, whose turn it is and what is taken must be judged at one instant. The same `seq` twice is answered as the
 * first time, so that a step whose answer was lost can be taken again. Time is the server's own, counted from `base`, and never runs back.
 *
 * A sliding window is a row of slots, each a thousandth of its length (at least 1 ms) and named by its end:
 *
 *     ──┬────┬────┬────┬────┬────┬──▶      a request that was granted stands in the slot of its deadline, the latest instant at which the
 *       │  2 │    │  5 │  1 │    │ 1        server may count it, and moves to the present slot when the server has: so what a dead process
 *       └────┴────┴────┴────┴────┴──        has taken needs nobody to count it, and leaves with its window
 *           now - per          now  deadline
 *
 * So a window holds at most 1,001 slots that count, as many that are remembered, and those up to the latest deadline, however many requests
 * it counts. A bucket is a level (`debt`, in units × ms, 0 = full); only what is in flight (`fly`) stands in slots, of 1 ms.
 */
export const script: string = `
local call, msg, eps = redis.call, cjson.decode(ARGV[1]), 1e-9
local turn, forgotten, mostDips = 100, 300000, 64
local time = call('TIME')
local wall = time[1] * 1000 + time[2] / 1000
local raw = call('GET', KEYS[1])
local ours, S = pcall(cmsgpack.unpack, raw)
if raw and not (ours and type(S) == 'table' and S.windows) then return redis.error_reply('WRONGTYPE this is no state of a quota') end
S = raw and S or { base = math.floor(wall), epoch = msg.fresh, now = 0, held = 0, rev = 0, serial = 0, v = {}, windows = {}, procs = {} }
local now = math.max(math.floor((wall - S.base) * 1000) / 1000, S.now)
S.now = now

local me = S.procs[msg.id]
if not msg.windows and (not me or S.epoch ~= msg.epoch) or msg.windows and msg.epoch ~= '' and msg.epoch ~= S.epoch then
  return cjson.encode({ register = true, epoch = raw and S.epoch or '' })
end
if not me then
  me = { seq = 0, limits = {}, v = {}, left = -turn }
  S.procs[msg.id] = me
end
if msg.seq <= me.seq then return me.reply end
me.seq, me.seen = msg.seq, now

local longest, trash, touched = 0, {}, {}
local function key(w, what) return KEYS[1] .. ':' .. S.base .. ':' .. w.id .. what end
local function slotOf(w, at) return math.ceil(at / w.g) * w.g end
local function put(w, slot, amount)
  call('ZADD', key(w, 'z'), slot, slot)
  call('HINCRBYFLOAT', key(w, 'a'), slot, amount)
  touched[w.id] = w
end
local function amountAt(w, slot) return tonumber(call('HGET', key(w, 'a'), slot) or 0) end
local function slots(w, from, to, skip, most) return call('ZRANGEBYSCORE', key(w, 'z'), from, to, 'LIMIT', skip, most) end

local function decay(w, at)
  if at > w.at then
    w.debt = math.max(0, w.debt - w.l * (at - w.at))
    w.at = at
  end
end
-- dips: the debt just before something was added; what is given back later is at most the lowest debt since it was taken
local function charge(w, at, change)
  local dips = w.dips
  while #dips > 0 and dips[#dips][2] >= w.debt do dips[#dips] = nil end
  dips[#dips + 1] = { at, w.debt }
  if #dips > mostDips then
    dips[2][2] = dips[1][2]
    table.remove(dips, 1)
  end
  w.debt = w.debt + change
end
local function giveBack(w, at, change)
  local dips, lowest, since = w.dips, w.debt, #w.dips + 1
  while since > 1 and dips[since - 1][1] > at do
    since = since - 1
    lowest = math.min(lowest, dips[since][2])
  end
  local back = math.min(change, lowest)
  for dip = since, #dips do dips[dip][2] = dips[dip][2] - back end
  w.debt = w.debt - back
end

local function advance(w)
  if w.k == 'bucket' then
    if w.fly > 0 then
      for _, slot in ipairs(slots(w, '-inf', now, 0, -1)) do
        local amount, at = amountAt(w, slot), tonumber(slot)
        decay(w, at)
        if amount > 0 then charge(w, at, amount * w.p) end
        w.fly = math.max(0, w.fly - amount)
        trash[#trash + 1] = { w, slot }
        call('HSET', key(w, 'a'), slot, 0)
        touched[w.id] = w
      end
    end
    decay(w, now)
    return
  end
  local upto = now - w.p
  if upto <= w.cur then return end
  local gone = slots(w, '(' .. string.format('%.3f', w.cur), upto, 0, -1)
  for _, slot in ipairs(gone) do w.sum = w.sum - amountAt(w, slot) end
  w.cur = math.floor(upto * 1000) / 1000
  if #gone > 0 then
    for _, slot in ipairs(slots(w, '-inf', upto - math.min(10000, w.p), 0, 1000)) do trash[#trash + 1] = { w, slot } end
    if w.sum < eps then w.sum = 0 end
  end
end

local function used(w) return w.k == 'bucket' and w.debt / w.p + w.fly or w.sum end
local function free(w) return w.l - used(w) end
-- what lands now, or was counted at an instant in the past
local function add(w, at, amount)
  if amount == 0 then return end
  if w.k == 'bucket' then
    charge(w, now, math.max(0, amount * w.p - w.l * math.max(0, now - at)))
  elseif slotOf(w, at) > w.cur then
    put(w, slotOf(w, at), amount)
    w.sum = w.sum + amount
  end
end

local function agree()
  local lowest = {}
  for _, p in pairs(S.procs) do
    for name, limit in pairs(p.limits) do
      if not lowest[name] or limit < lowest[name] then lowest[name] = limit end
    end
  end
  local changed, known = false, {}
  for _, w in ipairs(S.windows) do
    known[w.name] = true
    local limit = lowest[w.name]
    if w.off ~= (limit == nil) or (limit and limit ~= w.l) then changed = true end
    if limit then
      if w.k == 'bucket' then decay(w, now) end
      w.l = limit
    end
    w.off = limit == nil
  end
  for name, limit in pairs(lowest) do
    if not known[name] then
      local u, p, k = string.match(name, '^(.*)|([%d.]+)|(%a+)$')
      S.serial = S.serial + 1
      local w = { name = name, u = u, p = tonumber(p), k = k, l = limit, id = S.serial, off = false, sum = 0, cur = 0, debt = 0, at = now, fly = 0, dips = {} }
      w.g = k == 'bucket' and 1 or math.max(1, math.ceil(w.p / 1000))
      w.cur = now - w.p
      for _, other in ipairs(S.windows) do
        if other.u == w.u and other.p == w.p then add(w, now, used(other)) end
      end
      S.windows[#S.windows + 1] = w
      changed = true
    end
  end
  if changed then S.rev = S.rev + 1 end
end

for id, p in pairs(S.procs) do
  if p.head and now - p.seen > msg.lease then p.head, p.left = nil, p.seen end
  if now - p.seen > forgotten then
    S.procs[id] = nil
    agree()
  end
end
for _, w in ipairs(S.windows) do advance(w) end
if msg.windows then
  me.limits = {}
  for _, window in ipairs(msg.windows) do me.limits[window[1]] = window[2] end
  agree()
end
local processes = 0
for _, p in pairs(S.procs) do processes = processes + 1 end
local units = msg.units

-- Reports. Amounts are in the order of the process's own units.
local function column(w)
  for index, unit in ipairs(units) do if unit == w.u then return index end end
end
for _, op in ipairs(msg.ops) do
  local kind, row, amounts = op[1], op[2], op[3]
  if kind == 'hold' then
    S.held = math.max(S.held, now + row)
  elseif kind == 'hear' then
    -- row: { unit|per, used, ms since the request went, ms until reset, rounding of a bucket }
    for _, w in ipairs(S.windows) do
      if w.u .. '|' .. w.p == row[1] then
        local most, since = used(w), now - row[3]
        if w.k == 'bucket' then
          most = most + w.l / w.p * row[3] + row[5]
        else
          for _, slot in ipairs(slots(w, since - w.p, string.format('%.3f', w.cur), 0, -1)) do most = most + amountAt(w, slot) end
        end
        local elsewhere = row[2] - most
        if elsewhere > 0 then
          if w.k == 'bucket' then charge(w, now, elsewhere * w.p) else add(w, math.min(now, now + row[4] - w.p), elsewhere) end
        end
      end
    end
  else
    for _, w in ipairs(S.windows) do
      local amount = amounts[column(w) or 0] or 0
      if amount ~= 0 then
        if kind == 'add' then
          add(w, math.ceil(now) - row, amount)
        else
          local row = op[4] and math.min(row, now) or row
          local slot = slotOf(w, row)
          local flies = row > now and slot > now
          if kind == 'land' then
            if flies and w.k == 'bucket' then
              put(w, slot, -amount)
              w.fly = math.max(0, w.fly - amount)
              charge(w, now, amount * w.p)
            elseif flies then
              put(w, slot, -amount)
              put(w, slotOf(w, now), amount)
            end
          elseif w.k == 'bucket' then
            if flies then
              put(w, slot, amount)
              w.fly = math.max(0, w.fly + amount)
            elseif amount > 0 then charge(w, now, amount * w.p)
            else giveBack(w, row, -amount * w.p) end
          elseif slot > w.cur then
            put(w, slot, amount)
            w.sum = math.max(0, w.sum + amount)
          end
        end
      end
    end
  end
end
-- What a process had counted before Redis lost its data; nobody goes until the others have had the time to say the same.
if msg.counted and #msg.counted > 0 then
  for _, window in ipairs(msg.counted) do
    for _, w in ipairs(S.windows) do
      if w.u .. '|' .. w.p == window[1] then
        for _, entry in ipairs(window[2]) do add(w, now - entry[1], entry[2]) end
      end
    end
  end
  S.held = math.max(S.held, now + msg.lease)
end

local function fits(a)
  for _, w in ipairs(S.windows) do
    if not w.off and (a[w.u] or 0) > free(w) + eps then return false end
  end
  return now >= S.held
end
-- The instant at which it fits if nothing else goes, and the window that decides; huge = not before a limit is raised.
local function room(a)
  local at, by = math.max(now, S.held), 0
  for index, w in ipairs(S.windows) do
    local need, then_ = a[w.u] or 0, now
    if not w.off and need > free(w) + eps then
      if need > w.l or w.l == 0 then then_ = math.huge
      elseif w.k == 'bucket' then
        local debt, instant, fly = w.debt, now, w.fly
        if need + fly > w.l + eps then
          for _, slot in ipairs(slots(w, '(' .. string.format('%.3f', now), '+inf', 0, -1)) do
            local amount = amountAt(w, slot)
            debt = math.max(0, debt - w.l * (slot - instant)) + amount * w.p
            fly, instant = fly - amount, tonumber(slot)
            if need + fly <= w.l + eps then break end
          end
        end
        then_ = instant + math.max(0, (debt - (w.l - fly - need) * w.p) / w.l)
      else
        local excess, skip = need - free(w), 0
        while excess > eps do
          local next_ = slots(w, '(' .. string.format('%.3f', w.cur), '+inf', skip, 64)
          if #next_ == 0 then break end
          skip = skip + #next_
          for _, slot in ipairs(next_) do
            excess = excess - amountAt(w, slot)
            then_ = slot + w.p
            if excess <= eps then break end
          end
        end
      end
      if then_ > at then at, by = then_, index end
    end
  end
  return at, by
end
-- Who is next: the most urgent, of these who has had least. Who has missed its turn is passed over until it comes again.
--
-- Turns are start-time fair queueing. v is what a process has had at a level, in shares of a window, and S.v[level] is what the last one
-- there had had when it went: the level's clock. Who comes anew begins there, so that nobody saves up turns by being away. Who stands and
-- misses turns keeps what it lacks, up to a window's worth. What goes at a more urgent level counts at the lower ones too, up to a
-- window's worth; not the other way round.
local function had(p) return p.v[p.head.level] end
local function stand(level)
  local name, standing = 'p' .. level, me.head or now - me.left <= turn
  me.v[name] = math.max(me.v[name] or 0, (S.v[name] or 0) - (standing and me.v[name] and 1 or 0))
  me.head, me.due = { p = level, level = name }, nil
end
local function pay(level, name, part)
  S.v[name] = math.max(S.v[name] or 0, me.v[name])
  for other, v in pairs(me.v) do
    if other == name then me.v[other] = v + part
    elseif tonumber(string.sub(other, 2)) > level then me.v[other] = math.max(v, math.min(v + part, (S.v[other] or 0) + 1)) end
  end
end
local function first()
  local best
  for id, p in pairs(S.procs) do
    local head = p.head
    if head and not (p.due and now > p.due + turn) and (not best or head.p < best.head.p or
      head.p == best.head.p and (had(p) < had(best) or had(p) == had(best) and id < best.id)) then
      p.id = id
      best = p
    end
  end
  return best
end

local granted, share = 0, 0
local deadline = math.ceil(now + msg.lease + msg.flight)
local reply = { seq = msg.seq, epoch = S.epoch, rev = S.rev, now = now, deadline = deadline, at = -1, by = 0, processes = processes, used = {} }
if msg.leave then me.head, me.due, me.left = nil, nil, now end
if msg.want then
  stand(msg.level)
  for index, amounts in ipairs(msg.want) do
    local a = {}
    for place, unit in ipairs(units) do a[unit] = amounts[place] end
    me.head.a = a
    if first() ~= me or not fits(a) or (processes > 1 and granted > 0 and share > 1 / processes) then break end
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
      if other ~= me and other.head and (other.head.p < me.head.p or other.head.p == me.head.p and had(other) < had(me)) then rank = rank + 1 end
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

export const sha: string = createHash('sha1').update(script).digest('hex');
