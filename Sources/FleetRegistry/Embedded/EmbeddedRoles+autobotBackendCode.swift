// Written by scripts/embed-roles.sh from roles/autobot-backend-code; do not edit.
// swift-format-ignore-file

extension EmbeddedRoles {
  static let autobotBackendCode: [File] = [
File(path: "autobot-backend-code/files/autobot-backend.env", contents: #"""
AUTOBOT_BASE_DIR=/opt/autobot
AUTOBOT_DB_PATH={{ with.database_path|env }}
AUTOBOT_STORAGE_DIR=/var/lib/autobot/conversation_files
AUTOBOT_USER_MODE={{ settings.user_mode }}
LOG_LEVEL={{ with.log_level|upper }}
AUTOBOT_LOG_LEVEL={{ with.log_level|upper }}
PYTHONPATH=/opt/autobot/autobot-backend:/opt/autobot
PYTHONUNBUFFERED=1
HF_HOME=/var/lib/autobot/backend/huggingface
XDG_CACHE_HOME=/var/lib/autobot/backend/cache
AUTOBOT_CA_FILE={{ fleet.ca|env }}
{% if not ('backend' in node.roles) %}
SECRET_KEY={{ secrets['backend.secret_key']|env }}
AUTOBOT_JWT_SECRET={{ secrets['backend.jwt_secret']|env }}
AUTOBOT_ENCRYPTION_KEY={{ secrets['backend.encryption_key']|env }}
SERVICE_AUTH_TOKEN={{ secrets['backend.service_auth_token']|env }}
{% endif %}
SERVICE_ID=main-backend
{% if with.cors_origins|length > 0 %}
CORS_ORIGINS={{ with.cors_origins|join(',')|env }}
{% else %}
CORS_ORIGINS={% for site in targets.frontend.https %}https://{{ site.url_host }}{% if site.port != 443 %}:{{ site.port }}{% endif %},https://{{ site.node|lower }}{% if site.port != 443 %}:{{ site.port }}{% endif %}{% endfor %}

{% endif %}
REDIS_HOST={{ endpoints.redis.redis.host }}
REDIS_PORT={{ endpoints.redis.redis.port }}
REDIS_PASSWORD={{ secrets['redis.redis_password']|env }}
AUTOBOT_REDIS_HOST={{ endpoints.redis.redis.host }}
AUTOBOT_REDIS_PORT={{ endpoints.redis.redis.port }}
AUTOBOT_REDIS_PASSWORD={{ secrets['redis.redis_password']|env }}
AUTOBOT_REDIS_DB_MAIN=0
AUTOBOT_REDIS_DB_METRICS=1
AUTOBOT_REDIS_DB_PROMPTS=2
AUTOBOT_REDIS_DB_AGENTS=3
AUTOBOT_REDIS_DB_CACHE=4
AUTOBOT_REDIS_DB_SESSIONS=6
AUTOBOT_REDIS_DB_CHAT_HISTORY=8
AUTOBOT_REDIS_DB_TESTING=15
{% if endpoints.redis['redis-tls'].available %}
AUTOBOT_REDIS_TLS_ENABLED=true
AUTOBOT_REDIS_TLS_PORT={{ endpoints.redis['redis-tls'].port }}
{% else %}
AUTOBOT_REDIS_TLS_ENABLED=false
{% endif %}
CELERY_BROKER_URL=redis://:{{ secrets['redis.redis_password']|urlencode }}@{{ endpoints.redis.redis.address }}/{{ with.broker_db }}
CELERY_RESULT_BACKEND=redis://:{{ secrets['redis.redis_password']|urlencode }}@{{ endpoints.redis.redis.address }}/{{ with.result_db }}
{% if settings.multi_user %}
AUTOBOT_POSTGRES_HOST={{ endpoints.redis.postgresql.host }}
AUTOBOT_POSTGRES_PORT={{ endpoints.redis.postgresql.port }}
AUTOBOT_POSTGRES_DB={{ with.database_name|env }}
AUTOBOT_POSTGRES_USER={{ with.database_user|env }}
AUTOBOT_POSTGRES_PASSWORD={{ secrets['redis.autobot_db_password']|env }}
AUTOBOT_DATABASE_URL=postgresql://{{ with.database_user }}:{{ secrets['redis.autobot_db_password']|urlencode }}@{{ endpoints.redis.postgresql.address }}/{{ with.database_name }}
{% endif %}
AUTOBOT_AI_STACK_HOST={{ endpoints['ai-stack'].api.host }}
AUTOBOT_AI_STACK_PORT={{ endpoints['ai-stack'].api.port }}
AUTOBOT_CHROMADB_HOST={{ endpoints.chromadb.chroma.host }}
AUTOBOT_CHROMADB_PORT={{ endpoints.chromadb.chroma.port }}
{% if endpoints['npu-worker'].api.available %}
AUTOBOT_NPU_WORKER_HOST={{ endpoints['npu-worker'].api.host }}
AUTOBOT_NPU_WORKER_PORT={{ endpoints['npu-worker'].api.port }}
{% endif %}
{% if endpoints['tts-worker'].api.available %}
AUTOBOT_TTS_WORKER_HOST={{ endpoints['tts-worker'].api.host }}
AUTOBOT_TTS_WORKER_PORT={{ endpoints['tts-worker'].api.port }}
{% endif %}
{% if endpoints['browser-service'].api.available %}
AUTOBOT_BROWSER_SERVICE_HOST={{ endpoints['browser-service'].api.host }}
AUTOBOT_BROWSER_SERVICE_PORT={{ endpoints['browser-service'].api.port }}
{% endif %}
{% for manager in targets['slm-backend'].https %}
AUTOBOT_SLM_HOST={{ manager.host }}
AUTOBOT_SLM_PORT={{ manager.port }}
AUTOBOT_SLM_TLS_ENABLED=true
{% endfor %}
AUTOBOT_DEFAULT_LLM_MODEL={{ with.default_model|env }}
{% if endpoints['autobot-llm-gpu'].ollama.available %}
AUTOBOT_OLLAMA_HOST={{ endpoints['autobot-llm-gpu'].ollama.host }}
AUTOBOT_OLLAMA_PORT={{ endpoints['autobot-llm-gpu'].ollama.port }}
AUTOBOT_LLM_PROVIDER=ollama
AUTOBOT_LLM_ENDPOINT=http://{{ endpoints['autobot-llm-gpu'].ollama.address }}
{% for agent in ['ORCHESTRATOR', 'CHAT', 'CLASSIFICATION', 'SYSTEM_COMMANDS', 'KB_LIBRARIAN', 'KNOWLEDGE_EXTRACTION', 'KNOWLEDGE_RETRIEVAL', 'LIBRARIAN_ASSISTANT', 'LLM_FAILSAFE', 'RAG'] %}
AUTOBOT_{{ agent }}_PROVIDER=ollama
AUTOBOT_{{ agent }}_ENDPOINT=http://{{ endpoints['autobot-llm-gpu'].ollama.address }}
AUTOBOT_{{ agent }}_MODEL={{ with.default_model|env }}
{% endfor %}
{% elif endpoints['autobot-llm-cpu'].ollama.available %}
AUTOBOT_OLLAMA_HOST={{ endpoints['autobot-llm-cpu'].ollama.host }}
AUTOBOT_OLLAMA_PORT={{ endpoints['autobot-llm-cpu'].ollama.port }}
AUTOBOT_LLM_PROVIDER=ollama
AUTOBOT_LLM_ENDPOINT=http://{{ endpoints['autobot-llm-cpu'].ollama.address }}
{% for agent in ['ORCHESTRATOR', 'CHAT', 'CLASSIFICATION', 'SYSTEM_COMMANDS', 'KB_LIBRARIAN', 'KNOWLEDGE_EXTRACTION', 'KNOWLEDGE_RETRIEVAL', 'LIBRARIAN_ASSISTANT', 'LLM_FAILSAFE', 'RAG'] %}
AUTOBOT_{{ agent }}_PROVIDER=ollama
AUTOBOT_{{ agent }}_ENDPOINT=http://{{ endpoints['autobot-llm-cpu'].ollama.address }}
AUTOBOT_{{ agent }}_MODEL={{ with.default_model|env }}
{% endfor %}
{% elif settings.cloud_llm|length > 0 %}
AUTOBOT_LLM_PROVIDER={{ settings.cloud_llm|first }}
AUTOBOT_LLM_ENDPOINT={{ with.cloud_endpoint|env }}
{% for agent in ['ORCHESTRATOR', 'CHAT', 'CLASSIFICATION', 'SYSTEM_COMMANDS', 'KB_LIBRARIAN', 'KNOWLEDGE_EXTRACTION', 'KNOWLEDGE_RETRIEVAL', 'LIBRARIAN_ASSISTANT', 'LLM_FAILSAFE', 'RAG'] %}
AUTOBOT_{{ agent }}_PROVIDER={{ settings.cloud_llm|first }}
AUTOBOT_{{ agent }}_ENDPOINT={{ with.cloud_endpoint|env }}
AUTOBOT_{{ agent }}_MODEL={{ with.default_model|env }}
{% endfor %}
{% endif %}

"""#),
File(path: "autobot-backend-code/role.yaml", contents: #"""
name: autobot-backend-code
kind: component
summary: The backend's code, its Python environment and its env file, for backend and celery.
notes:
  - backend and celery share one folder, one environment and one env file; a worker on a node of its own gets the same.
  - "`environment: conda` makes the documented conda environment; `venv` makes a virtual environment at the same path."
  - Miniconda's installer is a program; a site with a packed prefix of its own names that and says so with miniconda_packed.
collect: [units]
packages:
  - build-essential
  - libssl-dev
  - libpq-dev
  - ffmpeg
  - libsndfile1
  - libsndfile1-dev
  - portaudio19-dev
  - tesseract-ocr
  - libtesseract-dev
  - redis-tools
  - curl
  - ca-certificates
  - {name: python3, when: with.environment == 'venv'}
  - {name: python3-pip, when: with.environment == 'venv'}
  - {name: python3-venv, when: with.environment == 'venv'}
archives:
  - name: miniconda
    url: "{{ with.miniconda_url }}"
    sha256: "{{ with.miniconda_sha256 }}"
    target: "{{ with.conda_prefix }}"
    strip: 1
    owner: autobot
    group: autobot
    when: with.environment == 'conda' and with.miniconda_packed
groups:
  - {name: autobot-backend, system: true}
directories:
  - {path: /opt/autobot/autobot-backend, owner: autobot, group: autobot, mode: "0755"}
  - {path: /var/lib/autobot/backend, owner: autobot, group: autobot, mode: "0750", data: true}
  - {path: /var/lib/autobot/conversation_files, owner: autobot, group: autobot, mode: "0750", data: true}
files:
  - path: /etc/autobot/autobot-backend.env
    template: autobot-backend.env
    owner: root
    group: autobot-backend
    mode: "0640"
    merge: env
    on_change: {restart: ["{{ with.units }}"]}
sources:
  - source: autobot
    path: autobot-backend
    target: /opt/autobot/autobot-backend
    owner: autobot
    group: autobot
    excludes: [venv/, node_modules/, __pycache__/, "*.pyc", "*.pyo", .git/, data/, logs/, "*.egg-info/", dist/, .env]
    on_change: {restart: ["{{ with.units }}"]}
steps:
  - name: miniconda
    creates: "{{ with.conda_prefix }}/bin/conda"
    user: autobot
    directory: /opt/autobot
    commands:
      - [curl, --fail, --silent, --show-error, --location, --output, /home/autobot/.miniconda-installer.sh, "{{ with.miniconda_url }}"]
      # An empty sum means that the installer is not pinned.
      - [sh, -c, '[ -z "$1" ] || printf "%s  %s\n" "$1" "$2" | sha256sum --check --quiet -', sh, "{{ with.miniconda_sha256 }}", /home/autobot/.miniconda-installer.sh]
      - [bash, /home/autobot/.miniconda-installer.sh, -b, -u, -p, "{{ with.conda_prefix }}"]
      - [rm, -f, /home/autobot/.miniconda-installer.sh]
    environment: {HOME: /home/autobot}
    inputs: ["value:{{ with.miniconda_url }} {{ with.miniconda_sha256 }}"]
    timeout: 15m
    when: with.environment == 'conda' and not with.miniconda_packed
  - name: conda-environment
    creates: "{{ with.env_path }}/bin/python"
    user: autobot
    directory: /opt/autobot/autobot-backend
    commands:
      # `conda create` would first delete an environment that is there; a live one stays.
      - [sh, -c, '[ -x "$1/bin/python" ] || exec "$2" create --yes --prefix "$1" "python=$3"', sh, "{{ with.env_path }}", "{{ with.conda_prefix }}/bin/conda", "{{ with.python_version }}"]
    environment: {HOME: /home/autobot}
    inputs: ["value:{{ with.python_version }}"]
    timeout: 15m
    when: with.environment == 'conda'
  - name: venv
    creates: "{{ with.env_path }}/bin/python"
    user: autobot
    directory: /opt/autobot/autobot-backend
    commands:
      - ["python{{ with.python_version }}", -m, venv, "{{ with.env_path }}"]
    environment: {HOME: /home/autobot}
    inputs: ["value:{{ with.python_version }}"]
    timeout: 5m
    when: with.environment == 'venv'
  - name: packages
    creates: "{{ with.env_path }}/bin/uvicorn"
    user: autobot
    directory: /opt/autobot/autobot-backend
    commands:
      - ["{{ with.env_path }}/bin/python", -m, pip, install, "{{ with.pip_args }}", -r, requirements.txt]
      - ["{{ with.env_path }}/bin/python", -m, pip, install, "{{ with.pip_args }}", -e, /opt/autobot/autobot-shared]
    environment: {HOME: /home/autobot, PIP_NO_INPUT: "1", PIP_DISABLE_PIP_VERSION_CHECK: "1"}
    inputs: ["source:requirements.txt", "value:{{ with.python_version }} {{ with.pip_args|join(' ') }}"]
    on_change: {restart: ["{{ with.units }}"]}
    timeout: 60m

"""#),
  ]
}
