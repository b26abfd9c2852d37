#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Turns BTF and bindgen's output into what the module includes.

usage: btf_gen.py BTF.json BINDGEN.rs KERNEL_BINDINGS.rs TYPES.txt OUTDIR

BTF.json is `bpftool btf dump -j`, BINDGEN.rs bindgen's output over `bpftool btf dump format c`,
KERNEL_BINDINGS.rs the kernel's own rust/bindings/bindings_generated.rs.  Written to OUTDIR:

  btf.rs                the root types of TYPES.txt and all that they embed by value
  btf_assert.rs         size and offsets of these, as the running kernel has them
  btf_assert_kernel.rs  the same for the types of `kernel::bindings` that the module uses
  prototypes.txt        every function of the kernel with its C prototype
  typedefs.txt          every typedef with what it stands for
"""

import json
import os
import re
import sys

# Types of `kernel::bindings` that the module dereferences.
KERNEL_TYPES = [
    "task_struct", "mm_struct", "vm_area_struct", "file", "signal_struct",
    "sighand_struct", "cred", "fdtable", "files_struct", "restart_block",
]  # fmt: skip

IDENT = re.compile(r"[A-Za-z_]\w*")
POINTEE = re.compile(r"\*\s*(?:mut|const)\s+([A-Za-z_]\w*)")


class Btf:
    """The types by id, and the ids of structs and unions by name."""

    def __init__(self, path):
        with open(path) as dump:
            self.types = {t["id"]: t for t in json.load(dump)["types"]}
        self.by_name = {}
        for t in self.types.values():
            if t["kind"] in ("STRUCT", "UNION") and t["name"] != "(anon)":
                self.by_name.setdefault(t["name"], []).append(t)
        # A typedef of an anonymous struct: bindgen names the struct after the typedef.
        for t in self.types.values():
            if t["kind"] == "TYPEDEF" and t["name"] not in self.by_name:
                target = self.types.get(t["type_id"])
                if target and target["kind"] in ("STRUCT", "UNION") and target["name"] == "(anon)":
                    self.by_name[t["name"]] = [target]

    def resolve(self, type_id):
        """Through typedefs and qualifiers to the type itself; None for void."""
        while type_id:
            t = self.types[type_id]
            if t["kind"] not in ("TYPEDEF", "CONST", "VOLATILE", "RESTRICT", "TYPE_TAG"):
                return t
            type_id = t["type_id"]
        return None

    def declare(self, type_id, inner=""):
        """A C declaration of `inner` with this type."""
        if not type_id:
            return f"void {inner}".rstrip()
        t = self.types[type_id]
        kind, name = t["kind"], t["name"]
        if kind in ("INT", "TYPEDEF", "FLOAT"):
            return f"{name} {inner}".rstrip()
        if kind in ("STRUCT", "UNION", "ENUM", "ENUM64"):
            return f"{kind.lower().removesuffix('64')} {name} {inner}".rstrip()
        if kind == "FWD":
            return f"{t.get('fwd_kind', 'struct')} {name} {inner}".rstrip()
        if kind == "CONST" and self.kind(t["type_id"]) != "PTR":
            return "const " + self.declare(t["type_id"], inner)
        if kind in ("CONST", "VOLATILE", "RESTRICT", "TYPE_TAG"):
            return self.declare(t["type_id"], inner)
        if kind == "PTR":
            inner = "*" + inner
            if self.kind(t["type_id"]) in ("ARRAY", "FUNC_PROTO"):
                inner = f"({inner})"
            return self.declare(t["type_id"], inner)
        if kind == "ARRAY":
            return self.declare(t["type_id"], f"{inner}[{t['nr_elems']}]")
        if kind == "FUNC_PROTO":
            return self.declare(t["ret_type_id"], f"{inner}({self.parameters(t)})")
        return f"{kind} {inner}".rstrip()

    def kind(self, type_id):
        """The kind behind qualifiers that do not print."""
        while type_id:
            t = self.types[type_id]
            if t["kind"] not in ("VOLATILE", "RESTRICT", "TYPE_TAG", "CONST"):
                return t["kind"]
            type_id = t["type_id"]
        return "VOID"

    def parameters(self, proto):
        out = []
        for p in proto["params"]:
            name = "" if p["name"] == "(anon)" else p["name"]
            out.append(self.declare(p["type_id"], name) if p["type_id"] else "...")
        return ", ".join(out) or "void"

    def prototypes(self):
        for t in self.types.values():
            if t["kind"] == "FUNC":
                proto = self.types[t["type_id"]]
                yield f"{t['name']}: {self.declare(proto['ret_type_id'], t['name'] + '(' + self.parameters(proto) + ')')}"


    def typedefs(self):
        """Typedefs of types that have another name."""
        for t in self.types.values():
            if t["kind"] == "TYPEDEF":
                meaning = self.declare(t["type_id"])
                if "(anon)" not in meaning:
                    yield f"{t['name']}: {meaning}"


class Rust:
    """The top-level items of a bindgen output."""

    DEFINES = re.compile(
        r"^(?:#\[[^\n]*\]\s*)*pub (?:struct|union|type|const|static|fn) (\w+)", re.S
    )
    ALIAS = re.compile(r"^pub use self::(\w+) as (\w+);")
    IMPL = re.compile(r"^(?:unsafe )?impl(?:<[^>]*>)? (?:[\w:]+(?:<[^{]*>)? for )?(\w+)")

    def __init__(self, path):
        self.head, self.items, self.order = [], {}, []
        text = open(path).read()
        for item in self.split(text):
            define, alias, implement = self.DEFINES.match(item), self.ALIAS.match(item), self.IMPL.match(item)
            if define:
                name = define.group(1)
            elif alias:
                name = alias.group(2)
            elif implement:
                name = implement.group(1)
            else:
                self.head.append(item)
                continue
            if name not in self.items:
                self.items[name] = []
                self.order.append(name)
            self.items[name].append(item)

    @staticmethod
    def split(text):
        """Items start in column 0 and end with a line that closes them there."""
        item = []
        for line in text.splitlines():
            if not item and not line.strip():
                continue
            item.append(line)
            ended = line.startswith("}") or (not line.startswith((" ", "#")) and line.endswith((";", "}", "*/")))
            if ended:
                yield "\n".join(item)
                item = []

    def definition(self, name):
        for item in self.items.get(name, []):
            if re.search(r"^pub (struct|union) ", item, re.M):
                return item
        return None

    def fields(self, name):
        """Names of the public fields of a struct or union, in order."""
        item = self.definition(name)
        return re.findall(r"^    pub (\w+):", item, re.M) if item else []

    def field_type(self, name, field):
        found = re.search(rf"^    pub {field}: ([^;{{]*?),?$", self.definition(name), re.M)
        return found.group(1).rstrip(",") if found else ""


def roots(path):
    with open(path) as lines:
        return [w for w in (line.split("#")[0].strip() for line in lines) if w]


def trim(rust, wanted):
    """Names of the items that the wanted types embed by value, and those only pointed to."""
    keep, opaque, todo = set(), set(), list(wanted)
    constants = {}
    for name, items in rust.items.items():
        found = re.match(r"^pub const \w+: (\w+) =", items[0])
        if found:
            constants.setdefault(found.group(1), []).append(name)
    while todo:
        name = todo.pop()
        if name in keep or name not in rust.items:
            continue
        keep.add(name)
        todo += constants.get(name, [])
        for item in rust.items[name]:
            pointed = {p for p in POINTEE.findall(item) if rust.definition(p)}
            by_value = IDENT.findall(POINTEE.sub("*mut _", item))
            opaque |= pointed
            todo += by_value
            # A pointer to an alias needs the alias.
            todo += [p for p in POINTEE.findall(item) if not rust.definition(p)]
    return keep, opaque - keep


def write_types(rust, keep, opaque, out):
    out.write("// Generated by tools/lab/btf_gen.py from the kernel's BTF.  A type is described here when\n")
    out.write("// a source or src/sys/btf-types.txt names it, or when it is embedded by value in one that is; types\n")
    out.write("// that are only pointed to are opaque.\n\n")
    out.write("\n".join(item for item in rust.head if not item.startswith("/*")) + "\n")
    for name in rust.order:
        if name in keep:
            out.write("\n".join(rust.items[name]) + "\n")
        elif name in opaque:
            out.write(f"#[repr(C)]\npub struct {name} {{\n    _opaque: [u8; 0],\n}}\n")


class Asserts:
    """Writes one block of assertions for each type."""

    def __init__(self, btf, rust, prefix):
        self.btf, self.rust, self.prefix = btf, rust, prefix
        self.blocks, self.count, self.skipped = [], 0, {}

    def skip(self, why):
        self.skipped[why] = self.skipped.get(why, 0) + 1

    def add(self, name):
        found = self.btf.by_name.get(name, [])
        if not found:
            return self.skip("types not in BTF")
        if len(found) > 1:
            return self.skip("types with several definitions in the kernel")
        lines = [f"assert!(size_of::<{self.prefix}{name}>() == {found[0]['size']}, \"size of {name}\");"]
        self.members(name, name, found[0], "", 0, lines)
        self.count += len(lines)
        body = "\n".join("    " + line for line in lines)
        self.blocks.append(f"const _: () = {{\n{body}\n}};\n")

    def members(self, root, rust_name, t, path, base, lines):
        """Members of t, which Rust calls rust_name, found under path in the type root."""
        fields, anonymous = set(self.rust.fields(rust_name)), 0
        opaque = "_bindgen_opaque_blob" in fields or "_address" in fields
        for m in t["members"]:
            target = self.btf.resolve(m["type_id"])
            inner = target is not None and target["kind"] in ("STRUCT", "UNION")
            if m["name"] == "(anon)" and inner:
                if target["name"] == "(anon)":
                    anonymous += 1
                    field = f"__bindgen_anon_{anonymous}"
                else:
                    field = f"__ms_{target['name']}"
            else:
                field = m["name"] if m["name"] in fields else m["name"] + "_"
            if opaque:
                self.skip("members of opaque types")
                continue
            if m.get("bitfield_size"):
                self.skip("bitfields")
                continue
            if field not in fields:
                self.skip("members that Rust does not name")
                continue
            offset = base + m["bits_offset"] // 8
            if m["name"] == "(anon)" and inner:
                held = self.rust.field_type(rust_name, field)
                held = held.removeprefix("::core::mem::ManuallyDrop<").removesuffix(">")
                if "ManuallyDrop" in self.rust.field_type(rust_name, field) or not self.rust.definition(held):
                    self.skip("members behind ManuallyDrop")
                    continue
                self.members(root, held, target, f"{path}{field}.", offset, lines)
            else:
                where = f"{path}{field}"
                lines.append(f'assert!(offset_of!({self.prefix}{root}, {where}) == {offset}, "{root}.{where}");')

    def write(self, path):
        with open(path, "w") as out:
            out.write("// Generated by tools/lab/btf_gen.py: the layouts that the running kernel has.\n")
            for why, n in sorted(self.skipped.items()):
                out.write(f"// skipped: {n} {why}\n")
            out.write("const _: () = {\n    use core::mem::{offset_of, size_of};\n\n")
            out.write("".join(self.blocks))
            out.write("};\n")
        skipped = ", ".join(f"{n} {why}" for why, n in sorted(self.skipped.items()))
        return f"{self.count} assertions over {len(self.blocks)} types; skipped: {skipped or 'nothing'}"


def main():
    btf_json, bindgen, kernel_bindings, types, outdir = sys.argv[1:]
    btf, rust = Btf(btf_json), Rust(bindgen)
    wanted = roots(types)
    unknown = [w for w in wanted if w not in rust.items]
    if unknown:
        sys.exit(f"{types}: not in the kernel's BTF: {' '.join(unknown)}")
    keep, opaque = trim(rust, wanted)

    with open(os.path.join(outdir, "btf.rs"), "w") as out:
        write_types(rust, keep, opaque, out)
    asserts = Asserts(btf, rust, "")
    for name in rust.order:
        if name in keep and rust.definition(name) and not name.startswith("__Bindgen"):
            if "__bindgen_ty" not in name:
                asserts.add(name)
    print("btf_assert.rs:", asserts.write(os.path.join(outdir, "btf_assert.rs")))

    asserts = Asserts(btf, Rust(kernel_bindings), "kernel::bindings::")
    for name in KERNEL_TYPES:
        asserts.add(name)
    print("btf_assert_kernel.rs:", asserts.write(os.path.join(outdir, "btf_assert_kernel.rs")))

    for name, lines in (("prototypes", btf.prototypes()), ("typedefs", btf.typedefs())):
        with open(os.path.join(outdir, name + ".txt"), "w") as out:
            out.writelines(line + "\n" for line in sorted(set(lines)))
    print(f"btf.rs: {len(keep)} items, {len(opaque)} opaque, of {len(rust.items)}")


if __name__ == "__main__":
    main()
