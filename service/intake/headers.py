"""What other makers call the contract's fields, in the languages their tables are in."""

from collections.abc import Mapping
from typing import Final

from service.domain.imported import ImportKind

SEVERAL: Final = frozenset(
    {
        *("description", "skills", "text", "certificates", "languages", "sectors", "outcomes"),
        "visible_to",
        *("vetoes", "wants_countries", "ignore"),
    }
)
"""Fields that more than one column may fill."""

_SKILLS: Final = """skills|skill|key skills|required skills|skills required|skill set|trade|trades|
    trade name|competencies|expertise|tasks|occupation skills|দক্ষতা|কাজের দক্ষতা|ট্রেড|कौशल|
        दक्षता|हुनर|
    सीप|سکلز|مہارت|مہارتیں|ہنر|مهارات|المهارات|කුසලතා|திறன்கள்|kasanayan|mga kasanayan|keterampilan|
    keahlian"""
_LANGUAGES: Final = """languages|language|language skills|languages known|languages required|
    language requirement|language proficiency|ভাষা|भाषा|भाषाएँ|زبان|زبانیں|اللغة|اللغات|භාෂාව|
        மொழி|wika|
    bahasa"""
_REGION: Final = """region|district|home district|city|state|province|division|zila|upazila|town|
    location|job location|work location|place of work|place|address|permanent address|
    present address|area|governorate|জেলা|বিভাগ|উপজেলা|কর্মস্থল|ঠিকানা|जिला|जिल्ला|राज्य|प्रदेश|
        शहर|ठेगाना|
    ضلع|صوبہ|شہر|المدينة|المحافظة|المنطقة|දිස්ත්‍රික්කය|மாவட்டம்|lalawigan|lungsod|probinsya|
        kabupaten|
    provinsi|kota|lokasi"""
_ID: Final = """external id|id|job id|jobid|ref|reference|reference no|ref no|reference number|code|
    job code|job ref|vacancy id|requisition id|record id|listing id|case id|case no|case number|
    beneficiary id|registration no|registration number|reg no|client id|returnee id|migrant id|
    আইডি|ক্রমিক আইডি|पंजीकरण संख्या|رقم المرجع"""
_IGNORED: Final = """sl no|sl|s l|sr no|serial|serial no|s no|no|row|row no|row number|remarks|
        remark|
    comments|note|notes|father s name|fathers name|father name|mother s name|mothers name|
    mother name|spouse name|spouse s name|husband s name|guardian|guardian name|next of kin|
    reason of return|reason for return|cause of return|reason of returning|return reason|
    type of return|return type|return category|nid|nid no|nid number|national id|national id no|
    passport|passport no|passport number|aadhaar|aadhaar no|cnic|cnic no|nic no|email|e mail|
    email address|religion|caste|ethnicity|blood group|marital status|disability|photo|signature|
    year of return|date of return|return date|returned on|departure date|date of departure|
    created at|updated at|created|updated|timestamp|status|application status|views|applicants|
    employment status|employment type|job type|job nature|job level|workplace|gender preference|
    age requirement|age limit|apply procedure|how to apply|contact person|contact email|
    ক্রমিক নং|ক্রমিক|পিতার নাম|মাতার নাম|স্বামীর নাম|ফেরার কারণ|ফেরত আসার কারণ|মন্তব্য|ধর্ম|
        क्रम संख्या|
    क्र सं|पिता का नाम|माता का नाम|बुबाको नाम|वापसी का कारण|कैफियत|نمبر شمار|والد کا نام|اسم الأب|
    ملاحظات"""

_LISTING: Final[Mapping[str, str]] = {
    "external_id": _ID,
    "title": """title|job title|position|position title|designation|post|post name|name of post|
        name of the post|vacancy title|role|job role|job name|occupation|job|course|course name|
        course title|training|training name|training title|name of course|program|programme|
        পদের নাম|পদ|পদবি|চাকরির নাম|কোর্সের নাম|प्रशिक्षण का नाम|पद|पद का नाम|पदनाम|पदको नाम|
        नौकरी|عہدہ|
        آسامی|المسمى الوظيفي|الوظيفة|තනතුර|பதவி|பணி|posisyon|trabaho|posisi|jabatan|lowongan""",
    "kind": "kind|listing type|opportunity type|type of opportunity|ধরন|प्रकार",
    "employer": """employer|company|company name|organisation|organization|organisation name|
        organization name|name of company|name of employer|employer name|hiring organization|
        firm|business name|recruiter|recruiting agency|establishment|name of establishment|sponsor|
        প্রতিষ্ঠান|প্রতিষ্ঠানের নাম|কোম্পানি|
        কোম্পানির নাম|
        নিয়োগকর্তা|कंपनी|कम्पनी|कंपनी का नाम|संस्था|नियोक्ता|रोजगारदाता|کمپنی|ادارہ|آجر|الشركة|
        اسم الشركة|صاحب العمل|සමාගම|நிறுவனம்|kumpanya|perusahaan|nama perusahaan""",
    "country": """country|country name|country of work|job country|destination country|
        country of destination|country of employment|destination|nation|দেশ|দেশের নাম|
        গন্তব্য দেশ|देश|
        देश का नाम|गन्तव्य देश|ملک|الدولة|البلد|රට|நாடு|bansa|negara""",
    "region": _REGION,
    "description": """description|job description|details|job details|about|about the job|summary|
        job context|job responsibilities|responsibilities|duties|key responsibilities|
        job requirements|requirements|additional requirements|other requirements|
        educational requirements|education requirements|education requirement|education|
        qualification|qualifications|minimum qualification|benefits|other benefits|facilities|
        compensation other benefits|compensation and other benefits|course content|syllabus|
        contents|eligibility|food|food and accommodation|accommodation|housing|transport|overtime|
        contract|contract period|contract duration|duty hours|working hours|
        বিবরণ|কাজের বিবরণ|দায়িত্ব|দায়িত্বসমূহ|শিক্ষাগত যোগ্যতা|
        অন্যান্য সুবিধা|विवरण|
        कार्य विवरण|योग्यता|शैक्षिक योग्यता|تفصیل|تعلیمی قابلیت|الوصف|الوصف الوظيفي|المؤهلات|
        විස්තරය|
        விவரம்|paglalarawan|deskripsi|deskripsi pekerjaan|kualifikasi""",
    "url": """url|link|job url|job link|web link|website|apply link|source url|detail url|লিংক|लिंक|
        الرابط|tautan""",
    "skills": _SKILLS,
    "isco08": "isco08|isco 08|isco|isco code|isco 08 code|occupation code|occupational code",
    "min_experience_years": """min experience years|experience|experience requirements|
        experience requirement|experience required|required experience|work experience|
        years of experience|minimum experience|min experience|experience years|experience in years|
        exp|অভিজ্ঞতা|কাজের অভিজ্ঞতা|अनुभव|तजुर्बा|تجربہ|الخبرة|سنوات الخبرة|පළපුරුද්ද|அனுபவம்|
        karanasan|
        pengalaman""",
    "languages": _LANGUAGES,
    "certificates": """certificates|certificate|required certificates|licence|license|
        licences required|licenses|সনদ|সার্টিফিকেট|प्रमाणपत्र|اسناد|الشهادات|sertifikat""",
    "wage": """wage|salary|pay|monthly salary|basic salary|salary range|offered salary|remuneration|
        compensation|wages|ctc|package|salary offered|monthly wage|stipend|বেতন|মাসিক বেতন|মজুরি|
        वेतन|
        तनख्वाह|मासिक वेतन|तलब|पारिश्रमिक|تنخواہ|ماہانہ تنخواہ|الراتب|الأجر|වැටුප|ஊதியம்|சம்பளம்|
        sahod|sweldo|gaji|upah""",
    "wage_min": """wage min|min wage|salary min|min salary|minimum salary|salary from|wage from|
        minimum wage|lowest salary|সর্বনিম্ন বেতন|न्यूनतम वेतन|gaji minimum""",
    "wage_max": """wage max|max wage|salary max|max salary|maximum salary|salary to|wage to|
        maximum wage|highest salary|সর্বোচ্চ বেতন|अधिकतम वेतन|gaji maksimum""",
    "wage_currency": """wage currency|currency|salary currency|currency code|মুদ্রা|मुद्रा|کرنسی|
        العملة|salapi|mata uang""",
    "wage_period": """wage period|salary period|pay period|salary type|salary frequency|per|
        pay frequency|wage type|payment period""",
    "fee": """fee|service charge|recruitment fee|agency fee|migration cost|cost to worker|
        worker pays|charges|placement fee|সার্ভিস চার্জ|অভিবাসন ব্যয়|शुल्क|सेवा शुल्क|فیس|
        الرسوم|biaya""",
    "fee_currency": "fee currency|currency of fee|charge currency",
    "visa_class": """visa class|visa|visa type|visa category|permit type|work permit type|ভিসা|
        वीज़ा|ویزا|التأشيرة""",
    "recruiter_licensed": """recruiter licensed|licensed|licensed agency|agency licensed|
        recruiter has licence|registered agency""",
    "positions": """positions|vacancy|vacancies|no of vacancies|no of vacancy|number of vacancies|
        number of positions|openings|no of openings|number of openings|no of posts|no of positions|
        quantity|required number|demand|total vacancy|seats|পদ সংখ্যা|পদের সংখ্যা|শূন্যপদ|
        খালি পদ|पदों की संख्या|
        रिक्तियां|रिक्ति|اسامیوں کی تعداد|عدد الوظائف|jumlah lowongan|bakante""",
    "posted_at": """posted at|published on|published|posted on|posted|date posted|posting date|
        publish date|published date|post date|প্রকাশের তারিখ|প্রকাশিত|प्रकाशन तिथि|تاریخ اشاعت|
        تاريخ النشر|tanggal posting""",
    "valid_through": """valid through|application deadline|deadline|last date|last date to apply|
        closing date|expiry date|expires|expires on|expiry|apply by|apply before|valid until|
        end date|due date|আবেদনের শেষ তারিখ|শেষ তারিখ|अंतिम तिथि|आवेदन की अंतिम तिथि|अन्तिम मिति|
        آخری تاریخ|
        آخر موعد|تاريخ الانتهاء|batas akhir""",
    "outcomes": """outcomes|learning outcomes|what you learn|skills gained|skills taught|
        leads to|jobs after""",
    "duration_weeks": """duration weeks|duration|course duration|training duration|weeks|length|
        duration in weeks|মেয়াদ|কোর্সের মেয়াদ|अवधि|مدت|المدة|durasi|tagal""",
    "cost": """cost|course fee|training cost|price|tuition|tuition fee|training fee|কোর্স ফি|
        लागत|التكلفة|harga""",
    "cost_currency": "cost currency|course fee currency|price currency",
    "provider": """provider|training provider|institute|institution|training centre|training center|
        training institute|centre|center|school|প্রশিক্ষণ কেন্দ্র|प्रशिक्षण केंद्र|संस्थान|
        lembaga""",
    "certification": """certification|certificate awarded|award|qualification awarded|
        certificate given""",
    "sectors": """sectors|sector|industry|industries|category|job category|industry type|
        functional area|business area|খাত|ক্যাটাগরি|क्षेत्र|उद्योग|श्रेणी|صنعت|القطاع|sektor|
        industri""",
    "visibility": """visibility|listing visibility|public or private|private or public|দৃশ্যমানতা|
        दृश्यता|مرئية""",
    "visible_to": "visible to|visible for|shared with organisations|shared with organizations",
    "lat": "lat|latitude|geo lat|gps lat|gps latitude",
    "lon": "lon|lng|long|longitude|geo lng|geo lon|gps lon|gps longitude",
    "ignore": _IGNORED + "|gender|sex|age|contact|phone|mobile|contact number",
}  # fmt: skip

_RETURNEE: Final[Mapping[str, str]] = {
    "external_id": _ID,
    "text": """text|profile|own words|story|about|summary|description|work done|work history|
        what work did you do|narrative|interview notes|কাজের বর্ণনা|নিজের কথায়|विवरण|
        विवरण अपने शब्दों में|
        تفصیل|النص|kuwento""",
    "name": """name|full name|name of returnee|returnee name|name of beneficiary|beneficiary name|
        name of migrant|migrant name|worker name|name of worker|client name|person name|
        applicant name|candidate name|নাম|পূর্ণ নাম|প্রত্যাগতের নাম|কর্মীর নাম|नाम|पूरा नाम|
        लाभार्थी का नाम|
        पूरा नाम थर|नाम थर|نام|پورا نام|الاسم|الاسم الكامل|නම|பெயர்|pangalan|nama|nama lengkap""",
    "phone": """phone|mobile|mobile no|mobile number|phone number|phone no|contact|contact no|
        contact number|telephone|cell|cell no|cell phone|whatsapp|whatsapp number|tel|মোবাইল|
        মোবাইল নম্বর|ফোন|ফোন নম্বর|যোগাযোগ নম্বর|मोबाइल|मोबाइल नंबर|फोन|फ़ोन|फोन नम्बर|
        सम्पर्क नम्बर|موبائل|
        موبائل نمبر|فون نمبر|رقم الهاتف|الهاتف|الجوال|දුරකථන|දුරකථන අංකය|தொலைபேசி|தொலைபேசி எண்|
        telepono|numero ng telepono|telepon|nomor telepon|no hp""",
    "home_country": """home country|country of origin|origin country|nationality|citizenship|
        country|দেশ|জাতীয়তা|নিজ দেশ|राष्ट्रीयता|नागरिकता|मूल देश|قومیت|الجنسية|kewarganegaraan|
        nasyonalidad""",
    "region": _REGION,
    "lat": _LISTING["lat"],
    "lon": _LISTING["lon"],
    "skills": _SKILLS,
    "languages": _LANGUAGES,
    "education": """education|education level|level of education|educational qualification|
        qualification|highest education|schooling|শিক্ষা|শিক্ষাগত যোগ্যতা|शिक्षा|शैक्षिक योग्यता|
        تعلیم|
        التعليم|المؤهل|අධ්‍යාපනය|கல்வி|edukasyon|pendidikan""",
    "birth_year": """birth year|year of birth|date of birth|dob|birth date|born|জন্ম সাল|জন্ম তারিখ|
        जन्म वर्ष|जन्म तिथि|जन्म मिति|تاریخ پیدائش|تاريخ الميلاد|උපන් දිනය|பிறந்த தேதி|
        tanggal lahir|
        petsa ng kapanganakan""",
    "age": """age|age years|age in years|current age|বয়স|उम्र|आयु|उमेर|عمر|العمر|වයස|வயது|edad|
        umur|usia""",
    "gender": """gender|sex|লিঙ্গ|लिंग|लिङ्ग|جنس|صنف|الجنس|ස්ත්‍රී පුරුෂ භාවය|பாலினம்|kasarian|
        jenis kelamin""",
    "experience": """experience|work experience|occupation|profession|job abroad|work abroad|
        occupation abroad|previous occupation|last job|last occupation|job title|job|
        previous job|designation|type of work|work done abroad|position abroad|পেশা|কাজ|বিদেশে কাজ|
        বিদেশে পেশা|अनुभव|पेशा|व्यवसाय|विदेश में काम|काम|پیشہ|تجربہ|المهنة|الخبرة|රැකියාව|தொழில்|
        trabaho|
        pekerjaan|hanapbuhay""",
    "experience_country": """experience country|country of destination|destination country|
        destination|country of work|country worked|country worked in|host country|
        country of employment|country returned from|returned from|last country|
        country of last employment|গন্তব্য দেশ|কর্মরত দেশ|যে দেশ থেকে ফেরত|गंतव्य देश|गन्तव्य देश|
        काम का देश|جس ملک میں کام کیا|بلد العمل|negara tujuan|negara penempatan""",
    "experience_years": """experience years|years of experience|years abroad|years worked|
        duration of stay|duration abroad|length of stay|years of work|experience in years|
        duration of work|stay duration|অভিজ্ঞতা|অভিজ্ঞতা বছর|কত বছর|अनुभव वर्ष|कितने साल|
        سنوات الخبرة|
        lama bekerja""",
    "wants_countries": """wants countries|preferred countries|preferred country|
        interested country|interested countries|country of choice|desired country|
        wants to go to|পছন্দের দেশ|पसंदीदा देश|negara yang diminati""",
    "vetoes": """vetoes|veto|will not do|work not wanted|does not want|unwanted work|refuses|
        not willing to do|যে কাজ করতে চান না|जो काम नहीं करना""",
    "min_wage": """min wage|minimum wage|expected salary|expected wage|salary expectation|
        minimum salary|expected income|প্রত্যাশিত বেতন|अपेक्षित वेतन|متوقع تنخواہ|الراتب المتوقع|
        gaji yang diharapkan""",
    "visa_expires": """visa expires|visa expiry|visa valid until|visa expiry date|ভিসার মেয়াদ|
        वीज़ा समाप्ति""",
    "consent_matching": """consent matching|consent|consent given|consent to match|
        consent for matching|consent to job matching|agreed to matching|সম্মতি|सहमति|رضامندی|
        الموافقة|persetujuan""",
    "consent_until": "consent until|consent valid until|consent expires|consent end date",
    "ignore": _IGNORED,
}  # fmt: skip


def _names(table: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    return {
        field: tuple(" ".join(name.split()) for name in names.split("|"))
        for field, names in table.items()
    }


FIELDS: Final[Mapping[ImportKind, Mapping[str, tuple[str, ...]]]] = {
    ImportKind.LISTINGS: _names(_LISTING),
    ImportKind.RETURNEES: _names(_RETURNEE),
}
"""Field -> the names it goes by, for each kind."""
