print(ascii('grüße'))
print(2)
