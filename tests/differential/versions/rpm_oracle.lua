-- rpm itself compares: lines "LEFT<TAB>RIGHT" from the file that CT_PAIRS names; -1, 0 or 1, one per line.
for line in io.lines(os.getenv("CT_PAIRS")) do
    local left, right = line:match("^(.-)\t(.*)$")
    print(rpm.vercmp(left, right))
end
