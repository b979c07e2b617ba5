/** Whether something fits, and when it will. */
export const room: string = `
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
`;
