namespace Quorate.Server.Scripts;

/// <summary>What a merge rule's script finds: a part of Lua in which the same arguments give the same result on every node. There
/// is no way to the system, no clock, no dice, no order of hash tables, no address of anything, and nothing that calls Lua
/// back from C, where a script could not be stopped.</summary>
internal static class LuaSandbox
{
    /// <summary>Makes the function that runs a rule: takes the compiled script and its arguments, returns a string.</summary>
    public const string Source = """
        local type, select, tonumber, error, assert, ipairs, next = type, select, tonumber, error, assert, ipairs, next
        local S, T, M, setupvalue = string, table, math, debug.setupvalue

        local function text(v)
          local t = type(v)
          if t == 'string' then return v end
          if t == 'number' then return S.format(M.type(v) == 'integer' and '%d' or '%.17g', v) end
          if t == 'nil' then return 'nil' end
          if t == 'boolean' then return v and 'true' or 'false' end
          error('a ' .. t .. ' has no text that is the same on every node', 3)
        end

        local function before(a, b)
          if type(a) ~= type(b) then return type(a) == 'number' end
          return a < b
        end

        -- Merge sort: stable, and in Lua, so that a comparison that does not end can be stopped.
        local function sort(list, less)
          less = less or before
          local n, from, to, width = #list, list, {}, 1
          while width < n do
            for first = 1, n, 2 * width do
              local a, b, k = first, first + width, first
              local aEnd, bEnd = M.min(first + width, n + 1), M.min(first + 2 * width, n + 1)
              while a < aEnd or b < bEnd do
                if a < aEnd and (b >= bEnd or not less(from[b], from[a])) then to[k] = from[a]; a = a + 1
                else to[k] = from[b]; b = b + 1 end
                k = k + 1
              end
            end
            from, to, width = to, from, 2 * width
          end
          if from ~= list then for i = 1, n do list[i] = from[i] end end
        end

        local function keys(t)
          local found = {}
          for k in next, t do
            if type(k) ~= 'string' and type(k) ~= 'number' then error('keys are strings or numbers where their order matters', 3) end
            found[#found + 1] = k
          end
          sort(found)
          return found
        end

        local function pairs(t)
          local found, i = keys(t), 0
          return function()
            i = i + 1
            if found[i] ~= nil then return found[i], t[found[i]] end
          end
        end

        local function sorted(list, less)
          local copy = T.move(list, 1, #list, 1, {})
          sort(copy, less)
          return copy
        end

        local function split(s, separator)
          if separator == '' then error('a separator has one character at least', 2) end
          local parts, at = {}, 1
          while true do
            local first, last = S.find(s, separator, at, true)
            if not first then break end
            parts[#parts + 1] = S.sub(s, at, first - 1)
            at = last + 1
          end
          parts[#parts + 1] = S.sub(s, at)
          return parts
        end

        local function find(s, what, from) return S.find(s, what, from, true) end

        local function format(f, ...)
          if S.find(S.gsub(f, '%%%%', ''), '%%[%d%-%+ #%.]*p') then error('%p has no text that is the same on every node', 2) end
          local words = T.pack(...)
          for i = 1, words.n do if type(words[i]) ~= 'number' then words[i] = text(words[i]) end end
          return S.format(f, T.unpack(words, 1, words.n))
        end

        local function strings()
          return { byte = S.byte, char = S.char, find = find, format = format, len = S.len, lower = S.lower, upper = S.upper,
                   rep = S.rep, reverse = S.reverse, sub = S.sub, split = split }
        end

        getmetatable('').__index = strings()

        local function environment()
          return {
            type = type, select = select, tonumber = tonumber, tostring = text, error = error, assert = assert,
            ipairs = ipairs, pairs = pairs, keys = keys, sorted = sorted, split = split, string = strings(),
            table = { concat = T.concat, insert = T.insert, remove = T.remove, pack = T.pack, unpack = T.unpack, move = T.move, sort = sort },
            math = { abs = M.abs, ceil = M.ceil, floor = M.floor, max = M.max, min = M.min, fmod = M.fmod, tointeger = M.tointeger,
                     type = M.type, ult = M.ult, huge = M.huge, maxinteger = M.maxinteger, mininteger = M.mininteger },
          }
        end

        return function(script, ...)
          setupvalue(script, 1, environment())
          local value = script(...)
          if type(value) == 'number' then return text(value) end
          if type(value) == 'string' then return value end
          error('the script returned a ' .. type(value) .. ', not a string', 0)
        end
        """;
}
