package main

import "tocsin/bot/slacksim"

// tour is what a newcomer is told to try, in order.
var tour = []slacksim.TourStep{
	{Title: "Ring the bell", Text: "Production breaks. A few words are enough; these name a severity and a service too.", Try: "/incident declare sev2 checkout is down --service checkout", Channel: "general", As: "Ada", Opens: theRoom},
	{Title: "Go to the room", Text: "Tocsin has opened a room, invited you and Linus, who answers for checkout, pinned a card and announced it in *#incidents*.", Channel: theRoom, As: "Ada"},
	{Title: "Take command", Text: "Press *Take command* on the card, or type it. The card and the announcement follow.", Try: "/incident commander me", Press: "Take command", Channel: theRoom, As: "Ada"},
	{Title: "Give out a task", Text: "It is one message, edited as the task goes on. Linus presses *Done*, or reacts with :white_check_mark:.", Try: "/incident task restart the queue @linus in 15m", Channel: theRoom, As: "Ada"},
	{Title: "Write the timeline", Text: "Notes can be about earlier: the reading of the time is echoed.", Try: "/incident note -10m the deploy began", Channel: theRoom, As: "Ada"},
	{Title: "Tell everybody", Text: "An update shows on the card and in the announcement, and sets when the next one is due.", Try: "/incident update we are rolling back the deploy", Channel: theRoom, As: "Ada"},
	{Title: "Tell customers", Text: "These words go to *#status-page*, and nothing else does: no number, no name. Had Grace written them, you would be asked first.", Try: "/incident customers Payments are slow. We are mending it.", Press: "Tell customers", Channel: theRoom, As: "Ada"},
	{Title: "Declare it twice", Text: "Switch to Grace, who does not know. It is declared all the same, and both are told of the other.", Try: "/incident declare checkout down for everyone", Channel: "general", As: "Grace"},
	{Title: "Merge the two", Text: "Hers is closed as a duplicate, its people are invited here, and its timeline stays whole.", Try: "/incident merge INC-2 into INC-1", Press: "Merge", Channel: theRoom, As: "Ada"},
	{Title: "Try as a guest", Text: "Gus is a guest. He cannot declare, and is told so.", Try: "/incident declare the coffee is out", Channel: "general", As: "Gus"},
	{Title: "Practise", Text: "An exercise says that it is one in each message. It is announced in *#drills*, and nobody is called but who takes part.", Try: "/incident drill sev1 the region is gone", Press: "Start an exercise", Channel: "general", As: "Grace"},
	{Title: "Keep one private", Text: "Only those in its room know of it. Switch to Linus: for him it does not exist, in lists and searches neither.", Try: "/incident declare sev2 a signing key has leaked --private", Channel: "general", As: "Ada"},
	{Title: "Bring it to an end", Text: "Mitigate, resolve, close: each is a button on the card too.", Try: "/incident resolve", Channel: theRoom, As: "Ada"},
	{Title: "Read the timeline", Text: "What, who, when it happened, and when it was recorded.", Try: "/incident timeline", Press: "Timeline", Channel: theRoom, As: "Ada"},
	{Title: "Come home", Text: "My roles, my tasks, what is open and what was lately; and everything else that Tocsin can do.", Home: true, As: "Ada"},
}

// theRoom is the name that the first incident's room gets, whatever it is about.
const theRoom = "inc-1-*"
