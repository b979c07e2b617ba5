/** Whose turn it is. */
export const turns: string = `
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
local function before(p, other)
  if p.head.p ~= other.head.p then return p.head.p < other.head.p end
  return had(p) < had(other) or had(p) == had(other) and p.id < other.id
end
local function first(but)
  local best
  for _, p in pairs(S.procs) do
    if p ~= but and p.head and not (p.due and now > p.due + turn) and (not best or before(p, best)) then best = p end
  end
  return best
end
`;
