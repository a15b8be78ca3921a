// Common shortcodes. One that is not here is left as it was typed.

const table = `
+1 👍|thumbsup 👍|-1 👎|thumbsdown 👎|ok_hand 👌|wave 👋|clap 👏|raised_hands 🙌|pray 🙏|muscle 💪|point_right 👉|point_left 👈
point_up ☝️|point_down 👇|raised_hand ✋|handshake 🤝|eyes 👀|brain 🧠|smile 😄|smiley 😃|grinning 😀|slightly_smiling_face 🙂|wink 😉
joy 😂|sweat_smile 😅|thinking_face 🤔|neutral_face 😐|cry 😢|sob 😭|scream 😱|sleeping 😴|sunglasses 😎|heart_eyes 😍|face_palm 🤦|shrug 🤷
adhesive_bandage 🩹|heart ❤️|broken_heart 💔|tada 🎉|sparkles ✨|star ⭐|fire 🔥|boom 💥|zap ⚡|rocket 🚀|rainbow 🌈|sunny ☀️|cloud ☁️
white_check_mark ✅|heavy_check_mark ✔️|ballot_box_with_check ☑️|x ❌|heavy_multiplication_x ✖️|white_large_square ⬜|warning ⚠️|no_entry ⛔|no_entry_sign 🚫
rotating_light 🚨|sos 🆘|exclamation ❗|question ❓|grey_question ❔|bangbang ‼️|information_source ℹ️|red_circle 🔴|large_orange_circle 🟠
large_yellow_circle 🟡|large_green_circle 🟢|large_blue_circle 🔵|large_purple_circle 🟣|white_circle ⚪|black_circle ⚫|large_red_square 🟥
large_orange_square 🟧|large_yellow_square 🟨|large_green_square 🟩|large_blue_square 🟦|small_red_triangle 🔺|small_blue_diamond 🔹
bell 🔔|satellite_antenna 📡|no_bell 🔕|loudspeaker 📢|mega 📣|speech_balloon 💬|thought_balloon 💭|phone 📞|telephone_receiver 📞|pager 📟|email 📧|envelope ✉️
memo 📝|pencil ✏️|pencil2 ✏️|clipboard 📋|page_facing_up 📄|book 📖|books 📚|bookmark 🔖|label 🏷️|link 🔗|paperclip 📎|pushpin 📌
round_pushpin 📍|calendar 📆|date 📅|clock1 🕐|alarm_clock ⏰|stopwatch ⏱️|hourglass ⌛|hourglass_flowing_sand ⏳|timer_clock ⏲️
chart_with_upwards_trend 📈|chart_with_downwards_trend 📉|bar_chart 📊|mag 🔍|bulb 💡|wrench 🔧|hammer 🔨|hammer_and_wrench 🛠️|gear ⚙️
package 📦|lock 🔒|unlock 🔓|key 🔑|shield 🛡️|bug 🐛|computer 💻|desktop_computer 🖥️|satellite 🛰️|globe_with_meridians 🌐|wastebasket 🗑️
fire_engine 🚒|ambulance 🚑|fire_extinguisher 🧯|firefighter 🧑‍🚒|male-firefighter 👨‍🚒|female-firefighter 👩‍🚒|construction 🚧|checkered_flag 🏁|triangular_flag_on_post 🚩|white_flag 🏳️
busts_in_silhouette 👥|bust_in_silhouette 👤|robot_face 🤖|ghost 👻|skull 💀|cat 🐱|dog 🐶|cake 🍰|coffee ☕|beers 🍻|pizza 🍕|trophy 🏆
arrow_right ➡️|arrow_left ⬅️|arrow_up ⬆️|arrow_down ⬇️|arrow_forward ▶️|leftwards_arrow_with_hook ↩️|repeat 🔁|arrows_counterclockwise 🔄
heavy_plus_sign ➕|heavy_minus_sign ➖|100 💯|one 1️⃣|two 2️⃣|three 3️⃣|four 4️⃣|five 5️⃣|new 🆕|up 🆙|ok 🆗|door 🚪|dart 🎯|microscope 🔬|test_tube 🧪`;

export const emoji = new Map(table.trim().split(/[|\n]/).map((entry) => entry.split(" ")));

// What the small picker offers.
export const favourites = ["eyes", "pushpin", "+1", "white_check_mark", "rotating_light", "fire", "tada", "pray", "raised_hands", "thinking_face", "heart", "rocket", "x"];

// glyph is the character for a shortcode, skin tones dropped, or the code as typed.
export const glyph = (name) => emoji.get(name.replace(/::skin-tone-\d$/, "")) ?? `:${name}:`;

const SHORTCODE = /:([a-z0-9_+-]+(?:::skin-tone-\d)?):/g;

// plainText shows plain text as Slack does: it keeps the three characters escaped there too, and decodes them to show them.
export const plainText = (text) => withEmoji(text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&"));

// withEmoji puts characters where the known shortcodes are.
export const withEmoji = (text) => text.replace(SHORTCODE, (whole, name) => emoji.get(name.replace(/::.*/, "")) ?? whole);
