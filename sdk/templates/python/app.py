"""The component: its tools, and the imports that they get."""

from palisade_tool.component import component
from wit_world.imports import data

from count_words import count_words

Tools = component([count_words], data=data)
