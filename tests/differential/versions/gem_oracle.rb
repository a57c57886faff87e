# Lines "LEFT<TAB>RIGHT" in; "<", "=", ">", or "!" where Gem::Version refuses one, out.
STDIN.each_line do |line|
  left, right = line.chomp.split("\t", -1)
  begin
    puts "<=>"[(Gem::Version.new(left) <=> Gem::Version.new(right)) + 1]
  rescue ArgumentError
    puts "!"
  end
end
