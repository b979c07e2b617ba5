/** What counts in a window: slots, levels, and how time and amounts change them. */
export const windows: string = `
local longest, trash, grown, unwritten = 0, {}, {}, {}
local function key(w, what) return KEYS[1] .. ':' .. S.base .. ':' .. w.id .. what end
local function slotOf(w, at) return math.ceil(at / w.g) * w.g end
-- what is put into slots in one step is written at once, however many requests it is of
local function put(w, slot, amount)
  local sums = unwritten[w] or {}
  unwritten[w] = sums
  sums[slot] = (sums[slot] or 0) + amount
end
-- a slot that holds nothing goes at the end, unless something is put into it until then
local function drop(w, slot)
  trash[w] = trash[w] or {}
  trash[w][slot] = true
end
local function write()
  for w, sums in pairs(unwritten) do
    for slot, amount in pairs(sums) do
      if amount ~= 0 then
        slot = string.format('%d', slot)
        local sum = tonumber(call('HINCRBYFLOAT', key(w, 'a'), slot, amount))
        if sum < eps then
          drop(w, slot)
          -- More was to leave it than it held: what a window has counted together, from before it was made. That stays counted, for less
          -- than nothing would leave the window as something that nobody ever takes out again.
          if sum < -eps then
            call('HSET', key(w, 'a'), slot, 0)
            if w.k == 'bucket' then w.fly = w.fly - sum else w.sum = w.sum - sum end
          end
        else
          if trash[w] then trash[w][slot] = nil end
          if math.abs(sum - amount) < eps then
            call('ZADD', key(w, 'z'), slot, slot)
            grown[w.id] = w
          end
        end
      end
    end
  end
  unwritten = {}
end
local function amountAt(w, slot) return tonumber(call('HGET', key(w, 'a'), slot) or 0) end
local function slots(w, from, to, skip, most) return call('ZRANGEBYSCORE', key(w, 'z'), from, to, 'LIMIT', skip, most) end

local function decay(w, at)
  if at > w.at then
    w.debt = math.max(0, w.debt - w.l * (at - w.at))
    w.at = at
  end
end
-- dips: the debt just before something was added, after its instant; what is given back later is at most the lowest debt since it was taken
local function charge(w, at, change)
  local dips, last = w.dips, #w.dips
  while last > 0 and dips[last] >= w.debt do
    dips[last], dips[last - 1], last = nil, nil, last - 2
  end
  dips[last + 1], dips[last + 2] = at, w.debt
  if last + 2 > 2 * mostDips then
    dips[4] = dips[2]
    table.remove(dips, 1)
    table.remove(dips, 1)
  end
  w.debt = w.debt + change
end
local function giveBack(w, at, change)
  local dips, lowest, since = w.dips, w.debt, #w.dips + 2
  while since > 2 and dips[since - 3] > at do
    since = since - 2
    lowest = math.min(lowest, dips[since])
  end
  local back = math.min(change, lowest)
  for dip = since, #dips, 2 do dips[dip] = dips[dip] - back end
  w.debt = w.debt - back
end

local function advance(w)
  if w.k == 'bucket' then
    if w.fly > 0 then
      for _, slot in ipairs(slots(w, '-inf', now, 0, -1)) do
        local amount, at = amountAt(w, slot), tonumber(slot)
        decay(w, at)
        if amount > 0 then charge(w, at, amount * w.p) end
        drop(w, slot)
        if amount ~= 0 then
          w.fly = math.max(0, w.fly - amount)
          call('HSET', key(w, 'a'), slot, 0)
        end
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
    for _, slot in ipairs(slots(w, '-inf', upto - math.min(10000, w.p), 0, 1000)) do drop(w, slot) end
    if w.sum < eps then w.sum = 0 end
  end
end

local function used(w) return w.k == 'bucket' and w.debt / w.p + w.fly or w.sum end
local function free(w) return w.l - used(w) end
-- what lands now, or was counted at an instant in the past
local function add(w, at, amount)
  if amount == 0 then return end
  if w.k == 'bucket' then
    -- in full: the refill since then may have gone to what came after it
    if amount > 0 then charge(w, now, amount * w.p) else giveBack(w, at, -amount * w.p) end
  elseif slotOf(w, at) > w.cur then
    put(w, slotOf(w, at), amount)
    w.sum = w.sum + amount
  end
end
`;
