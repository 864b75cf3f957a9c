"""The built-in secretary: a chat model that generates nothing it does not have.

It plans from playbooks, works by quoting passages and reviews by checking quotes. No generative AI,
no network, the same answer every time. `model.py` is the only module that imports LangChain.
"""

LABELS = {"ja": "内蔵秘書（生成AIなし）", "en": "built-in secretary (no generative AI)"}
