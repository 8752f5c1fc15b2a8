"""The component: its tools, and the imports that they get."""

from palisade_tool.component import component
from wit_world.imports import data, progress

from report import report

Tools = component([report], data=data, progress=progress)
