import warnings

print(1 is 1)
warnings.warn("old", DeprecationWarning)
warnings.warn("odd")
