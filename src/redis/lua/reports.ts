/** What has become of what was granted before, and what a server said. Amounts are in the order of the process's own units. */
export const reports: string = `
local function column(w)
  for index, unit in ipairs(units) do if unit == w.u then return index end end
end
for _, op in ipairs(msg.ops) do
  -- age: ms since it landed, of one that lands in this step (of what is added: the kind of windows that it is for); told: when it was told to have landed, of one that did before
  local kind, row, amounts, age, told = op[1], op[2], op[3], op[4], op[5]
  if kind == 'hold' then
    S.held = math.max(S.held, now + row)
  elseif kind == 'charge' then
    -- row: unit|per|kind of a bucket, of which so much has gone while Redis was away
    for _, w in ipairs(S.windows) do
      if w.name == row then charge(w, now, amounts * w.p) end
    end
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
      if amount ~= 0 and not (kind == 'add' and age and age ~= w.k) then
        if kind == 'add' then
          add(w, math.ceil(now) - row, amount)
        else
          if kind == 'correct' and age then row, told = row > now and now - age or row, now end
          local slot = slotOf(w, row)
          local flies = row > now and slot > now
          if kind == 'land' then
            if flies and w.k == 'bucket' then
              put(w, slot, -amount)
              w.fly = w.fly - amount
              charge(w, now, amount * w.p)
            elseif flies then
              local landed = slotOf(w, now - age)
              put(w, slot, -amount)
              if landed > w.cur then put(w, landed, amount) else w.sum = w.sum - amount end
            end
          elseif w.k == 'bucket' then
            if flies then
              put(w, slot, amount)
              w.fly = w.fly + amount
            elseif amount > 0 then charge(w, now, amount * w.p)
            else giveBack(w, told or row, -amount * w.p) end
          elseif slot > w.cur then
            put(w, slot, amount)
            w.sum = w.sum + amount
          end
        end
      end
    end
  end
end
-- What Redis has lost of what a process had counted. Of a bucket each tells the level that it was told last: the newest of these is the
-- highest, refilled since.
if msg.counted then
  for _, window in ipairs(msg.counted) do
    for _, w in ipairs(S.windows) do
      if w.u .. '|' .. w.p == window[1] then
        for _, entry in ipairs(window[2]) do
          if w.k == 'bucket' then charge(w, now, math.max(0, entry[2] * w.p - w.l * entry[1] - used(w) * w.p))
          else add(w, now - entry[1], entry[2]) end
        end
      end
    end
  end
end
write()
`;
