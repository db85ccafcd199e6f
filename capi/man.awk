# Makes the manual pages from wakefd.h: wakefd(3) from its longer comments, and a page for
# each function from the comment before it.
#
#   awk -v version=0.1.0 -v directory=man -f man.awk include/wakefd.h

function escaped(text) {
    gsub(/\\/, "\\e", text)
    gsub(/-/, "\\-", text)
    if (text ~ /^[.']/) text = "\\&" text
    return text
}

# Returns the line without N blanks at its start.
function without(line, n) { return substr(line, n + 1) }

function indent(line) { match(line, /^ */); return RLENGTH }

# Ends an open list or example.
function leave(    end) {
    end = example ? ".EE\n" : ""
    example = 0
    return end
}

# Returns roff for a comment, whose lines are separated by newlines. Lines that are indented
# by four more blanks are an example, and by two a list: "- text", or "-ERRNO  text" and the
# lines that continue it. A line of capitals is a heading, and the text below it may be
# indented by four.
function roff(comment,    lines, n, i, line, out, base, list) {
    n = split(comment, lines, "\n")
    out = ""
    for (i = 1; i <= n; i++) {
        line = lines[i]
        if (line ~ /^[A-Z][A-Z ]+$/) {
            base = i < n && indent(lines[i + 1]) == 4 ? 4 : 0
            out = out leave() ".SH " line "\n"
            list = 0
            continue
        }
        line = without(line, indent(line) < base ? indent(line) : base)
        if (line ~ /^ *$/) {
            if (example) out = out "\n"
            else { out = out ".PP\n"; list = 0 }
        } else if (line ~ /^  - /) {
            out = out leave() ".IP \\(bu 3\n" escaped(without(line, 4)) "\n"
            list = 4
        } else if (line ~ /^  -E/) {
            match(line, /[A-Z]  +/)
            out = out leave() ".TP\n.B " escaped(substr(line, 3, RSTART - 2)) "\n"
            out = out escaped(substr(line, RSTART + RLENGTH)) "\n"
            list = RSTART + RLENGTH - 1
        } else if (list && indent(line) >= list) {
            out = out escaped(without(line, indent(line))) "\n"
        } else if (indent(line) >= 4) {
            if (!example) out = out ".PP\n.EX\n"
            example = 1
            out = out escaped(line) "\n"
        } else {
            if (list || example) out = out leave() ".PP\n"
            list = 0
            out = out escaped(without(line, indent(line))) "\n"
        }
    }
    return out leave()
}

# Returns the first sentence of a comment, in the form that follows "name - ".
function summary(comment,    text) {
    text = comment
    gsub(/\n/, " ", text)
    sub(/[.:;] .*/, "", text)
    sub(/\.$/, "", text)
    return tolower(substr(text, 1, 1)) substr(text, 2)
}

function header(name) { return ".TH " name " 3 \"\" \"wakefd " version "\" \"wakefd\"\n.SH NAME\n" }

function synopsis(text) { return ".SH SYNOPSIS\n.nf\n.B #include <wakefd.h>\n.PP\n" text ".fi\n" }

function page(prototype, comment,    name, file) {
    name = prototype
    sub(/\(.*/, "", name)
    sub(/.*[ *]/, "", name)
    file = directory "/" name ".3"
    functions = functions (functions == "" ? "" : ",\n") ".BR " name " (3)"
    printf "%s%s \\- %s\n%s.SH DESCRIPTION\n%s", header(name), name, escaped(summary(comment)), \
        synopsis(".B \"" escaped(prototype) "\"\n"), roff(comment) > file
    print ".SH SEE ALSO\n.BR wakefd (3)" > file
    close(file)
}

# Returns the lines of a comment without its marks.
/^\/\*/ {
    comment = ""
    commenting = 1
    sub(/^\/\*/, " *")
}
commenting {
    line = $0
    ended = sub(/ *\*\/$/, "", line)
    sub(/^ \*? ?/, "", line)
    if (comment != "" || line != "") comment = comment (comment == "" ? "" : "\n") line
    if (ended) {
        commenting = 0
        sub(/\n+$/, "", comment)
        if (main == "") {
            main = comment
            comment = ""
        } else if (comment ~ /^[A-Z]+\n/) {
            sections = sections roff(comment)
            comment = ""
        }
    }
    next
}
/^(enum|struct) [a-z_]+ \{/ { type = ""; typing = 1; opaque = 0 }
typing {
    type = type escaped($0) "\n"
    if (/opaque|_alignment/) opaque = 1
    if (/^}/) {
        typing = 0
        if (!opaque) types = types ".PP\n" (comment == "" ? "" : roff(comment)) ".PP\n.EX\n" type ".EE\n"
        comment = ""
    }
    next
}
# A prototype; two may share a comment.
/^[a-z].*wakefd_[a-z_]+\(/ { prototype = ""; declaring = 1 }
declaring {
    line = $0
    sub(/^ +/, " ", line)
    prototype = prototype line
    if (/;$/) {
        declaring = 0
        page(prototype, comment)
    }
    next
}
# Macros and the like: their comments are not a function's.
/^[#a-z]/ { comment = "" }

END {
    file = directory "/wakefd.3"
    name = main
    sub(/\n\n.*/, "", name)
    sub(/^wakefd: /, "", name)
    printf "%swakefd \\- %s\n%s.SH DESCRIPTION\n%s%s", header("wakefd"), escaped(summary(name)), synopsis(""), \
        roff(main), sections > file
    printf ".SH TYPES\n%s.SH SEE ALSO\n%s\n", types, functions > file
}
