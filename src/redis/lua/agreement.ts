/** Which windows there are and their limits, as all processes have them; and how many processes there are. */
export const agreement: string = `
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
`;
