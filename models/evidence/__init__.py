"""The evidence model: does what was said meet what is asked?"""
