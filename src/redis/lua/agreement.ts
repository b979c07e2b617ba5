/** Which windows there are and their limits, as all processes have them; and how many processes there are. */
export const agreement: string = `
local function agree()
  local lowest, highest = {}, {}
  for _, p in pairs(S.procs) do
    for name, limit in pairs(p.limits) do
      lowest[name] = math.min(lowest[name] or limit, limit)
      highest[name] = math.max(highest[name] or limit, limit)
    end
  end
  local changed, known = false, {}
  for _, w in ipairs(S.windows) do
    known[w.name] = true
    local limit = lowest[w.name]
    if w.off ~= (limit == nil) or (limit and (limit ~= w.l or highest[w.name] ~= w.h)) then changed = true end
    if limit then
      if w.k == 'bucket' then decay(w, now) end
      w.l, w.h = limit, highest[w.name]
    end
    w.off = limit == nil
  end
  for name, limit in pairs(lowest) do
    if not known[name] then
      local u, p, k = string.match(name, '^(.*)|([%d.]+)|(%a+)$')
      S.serial = S.serial + 1
      local w = { name = name, u = u, p = tonumber(p), k = k, l = limit, h = highest[name], id = S.serial, off = false, sum = 0, cur = 0, debt = 0, at = now, fly = 0, dips = {} }
      w.g = k == 'bucket' and 1 or math.max(1, math.ceil(w.p / 1000))
      w.cur = now - w.p
      for _, other in ipairs(S.windows) do
        if other.u == w.u and other.p == w.p then
          local landed = used(other)
          for _, slot in ipairs(slots(other, '(' .. string.format('%.3f', now), '+inf', 0, -1)) do
            local amount = amountAt(other, slot)
            put(w, slotOf(w, slot), amount)
            if w.k == 'bucket' then w.fly = w.fly + amount else w.sum = w.sum + amount end
            landed = landed - amount
          end
          add(w, now, math.max(0, landed))
        end
      end
      S.windows[#S.windows + 1] = w
      changed = true
    end
  end
  if changed then S.rev = S.rev + 1 end
end

for _, p in pairs(S.procs) do
  if p.head and now - p.seen > msg.lease then p.head, p.left = nil, p.seen end
end
for _, w in ipairs(S.windows) do advance(w) end
if msg.windows then
  me.limits = {}
  for _, window in ipairs(msg.windows) do me.limits[window[1]] = window[2] end
end
if msg.windows or now - S.swept > sweep then
  S.swept = now
  for id, packed in pairs(S.quiet) do S.procs[id], S.quiet[id] = cmsgpack.unpack(packed), nil end
  local gone = false
  for id, p in pairs(S.procs) do
    if now - p.seen > forgotten then S.procs[id], gone = nil, true end
  end
  if msg.windows or gone then agree() end
end
local processes = 0
for _, those in ipairs({ S.procs, S.quiet }) do
  for _ in pairs(those) do processes = processes + 1 end
end
-- Whoever is by himself should Redis go away must know of how many.
if joins then
  for _, those in ipairs({ S.procs, S.quiet }) do
    for id in pairs(those) do
      if id ~= msg.id then call('PUBLISH', KEYS[1] .. ':' .. id, string.format('%.3f processes %d', now, processes)) end
    end
  end
end
local units = msg.units
`;
