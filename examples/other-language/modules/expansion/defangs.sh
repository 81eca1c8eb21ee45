#!/bin/sh
# One query on stdin, one answer on stdout, and an exit status: the form `once`.
exec awk '
{ query = query $0 }

END {
    split("url domain hostname email ip-src ip-dst", types, " ")
    for (i = 1; i in types && value == ""; i++) value = field(types[i])
    if (value == "") {
        print "{\"error\": \"an indicator is required\"}"
        exit
    }
    gsub(/\./, "[.]", value)
    gsub(/@/, "[at]", value)
    sub(/^http/, "hxxp", value)
    printf "{\"results\": [{\"types\": [\"text\"], \"values\": [\"%s\"]}]}", value
}

# The text of a key as it stands in the query, escapes included: what goes out is as valid as what came in.
function field(key) {
    if (!match(query, "\"" key "\"[ \t]*:[ \t]*\"([^\"\\\\]|\\\\.)*\"")) return ""
    found = substr(query, RSTART, RLENGTH - 1)
    sub(/^"[^"]*"[ \t]*:[ \t]*"/, "", found)
    return found
}'
