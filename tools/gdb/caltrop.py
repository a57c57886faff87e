"""gdb printers for ct_str, ct_buf and ct_arena:  (gdb) source tools/gdb/caltrop.py

Bytes are shown escaped and cut at 200; the length is always exact.
"""
import gdb
import gdb.printing

SHOWN = 200


def text_of(pointer, n):
    if n == 0:
        return "(empty)" if int(pointer) else "(empty, null)"
    try:
        shown = bytes(gdb.selected_inferior().read_memory(int(pointer), min(n, SHOWN)))
    except gdb.MemoryError:
        return f"{n} bytes at unreadable {int(pointer):#x}"
    return f"{n}:{shown!r}"[:4 * SHOWN] + ("..." if n > SHOWN else "")


class Str:
    def __init__(self, value):
        self.value = value

    def to_string(self):
        return text_of(self.value["p"], int(self.value["n"]))


class Buf:
    def __init__(self, value):
        self.value = value

    def to_string(self):
        v = self.value
        return f"buf({v['err']}, {int(v['n'])}/{int(v['cap'])}/{int(v['max'])}) {text_of(v['p'], int(v['n']))}"


class ArenaCommand(gdb.Command):
    """ct-arena EXPR: bytes taken and the limit of an arena, and its blocks with how full they are."""

    def __init__(self):
        super().__init__("ct-arena", gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        arena = gdb.parse_and_eval(argument)
        if arena.type.strip_typedefs().code == gdb.TYPE_CODE_PTR:
            arena = arena.dereference()
        print(f"{int(arena['taken'])} of {int(arena['limit'])} bytes")
        block = arena["first"]
        while int(block):
            mark = " <- current" if int(block) == int(arena["cur"]) else ""
            print(f"  block {int(block):#x}: {int(block['used'])} of {int(block['size'])}{mark}")
            block = block["next"]


def build():
    printers = gdb.printing.RegexpCollectionPrettyPrinter("caltrop")
    printers.add_printer("ct_str", "^ct_str$", Str)
    printers.add_printer("ct_buf", "^ct_buf$", Buf)
    return printers


gdb.printing.register_pretty_printer(gdb.current_objfile(), build(), replace=True)
ArenaCommand()
