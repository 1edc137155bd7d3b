#!/usr/bin/env bash
# The demo: ingest nine fictional documents of a fictional province, ask three questions, say how to go on.
# Usage: deploy/demo/run.sh [folder of the programs, default .venv/bin]
set -euo pipefail
cd "$(dirname "$0")/../.."
bin=${1:-.venv/bin}
export PHAPQUY_HOME=${PHAPQUY_HOME:-var/demo}

"$bin/phapquy" ingest deploy/demo/documents
for question in \
  "Thời hạn thuê điểm kinh doanh tại chợ là bao lâu?" \
  "Hồ sơ đề nghị hỗ trợ mai táng phí gồm những giấy tờ gì?" \
  "Lệ phí cấp bản sao trích lục hộ tịch là bao nhiêu?"
do
  printf '\n\n>>> %s\n\n' "$question"
  "$bin/phapquy" ask "$question"
done

cat <<END

Máy chủ HTTP (trang thử: http://127.0.0.1:8080/docs):
  PHAPQUY_HOME=$PHAPQUY_HOME $bin/phapquy serve
END
