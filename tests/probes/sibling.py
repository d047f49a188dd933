import helper

print(helper.greet())
